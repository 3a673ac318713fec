import { type ErrorBody, type Failure, HTTP_STATUS } from "../../../contracts/errors.ts";
import type { Answer } from "../endpoint.ts";

const JSON_HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" } as const;

/** An answer as a Response, with the request's id. */
export function respond(answer: Answer, requestId: string): Response {
  const headers = { ...JSON_HEADERS, "x-request-id": requestId, ...answer.headers };
  const json = answer.body === undefined ? null : JSON.stringify(answer.body);
  return new Response(answer.text ?? json, { status: answer.status, headers });
}

/** A Failure as the error body of section 13. */
export function refuse(failure: Failure, requestId: string, extra?: Readonly<Record<string, string>>): Response {
  const { code, message, details, retryAfter } = failure;
  const status = failure.status ?? HTTP_STATUS[code];
  const body: ErrorBody = { status: "error", code, message, ...(details ? { details } : {}), request_id: requestId };
  const headers: Record<string, string> = { ...extra };
  if (retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(retryAfter));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return respond({ status, body, headers }, requestId);
}
