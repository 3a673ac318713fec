import { isRunErrorCode, type RunErrorCode } from "../../../engine/errors.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { ActionResult, ReportedUsage } from "../../../engine/run/types.ts";
import { queryJson } from "../../../engine/steps/transform/query-json.ts";
import type { Masker } from "../../mask.ts";
import { type ParsedAnswer, quoted } from "./parse-answer.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { retryAfterMs } from "./retry-after.ts";

type Failed = Extract<ActionResult, { ok: false }>;
export type Mapped = { ok: true; output: Json; reported?: ReportedUsage } | Failed;

/** How an answer is read: when it came, and what must not be quoted of it. */
export interface Reading {
  /** Epoch ms. */
  now: number;
  /** Masks what is quoted before it is cut: half a secret would not be found any more. */
  masker: Masker;
}

/** What Cloudflare's edge answers when it could not reach the origin: refused, unreachable, TLS, DNS. */
const NOT_REACHED: readonly number[] = [521, 522, 523, 525, 526, 530];

/** What a status of 4xx or 5xx means (section 7). */
export function codeOfStatus(status: number): RunErrorCode {
  if (NOT_REACHED.includes(status)) return "UNAVAILABLE";
  if (status === 524) return "TIMEOUT";
  if (status === 408 || status === 504) return "TIMEOUT";
  if (status === 429) return "RATE_LIMITED";
  if (status === 502 || status === 503) return "UNAVAILABLE";
  return "BACKEND_ERROR";
}

/** The answer to a direct call: a failure for 4xx and 5xx that nobody expected, else `{status, headers, body}` or what `extract` picks. */
export function mapDirect(
  handler: PinnedHttpHandler,
  expected: Json | undefined,
  answer: ParsedAnswer,
  reading: Reading,
): Mapped {
  const statuses = Array.isArray(expected) ? expected : [expected];
  if (answer.status >= 400 && !statuses.includes(answer.status)) return statusFailure(answer, reading);
  const extract = handler.response?.extract;
  if (extract === undefined)
    return { ok: true, output: { status: answer.status, headers: answer.headers, body: answer.body } };
  return extracted(extract, answer.body);
}

/** The answer of a service: its envelope (section 8). */
export function mapService(handler: PinnedHttpHandler, answer: ParsedAnswer, reading: Reading): Mapped {
  const { body } = answer;
  const status = isObject(body) ? body.status : undefined;
  if (!isObject(body) || (status !== "success" && status !== "error" && status !== "pending")) {
    if (answer.status >= 400) return statusFailure(answer, reading);
    return failed("BACKEND_ERROR", "The service's answer is not the service envelope", {
      status: answer.status,
      body: quoted(reading.masker.json(body)),
    });
  }
  if (status === "pending") {
    const message = "The service wants to answer later, by a task token; this deployment only takes answers at once";
    return { ...failed("UNAVAILABLE", message, { reason: "task_tokens" }), permanent: true };
  }
  if (status === "error") return envelopeFailure(reading.masker.object(body), answer, reading);
  if (answer.status >= 400) return statusFailure(answer, reading);
  const data = body.data ?? null;
  const result: Mapped =
    handler.response?.extract === undefined ? { ok: true, output: data } : extracted(handler.response.extract, data);
  const reported = usageOf(body.usage);
  return result.ok && reported ? { ...result, reported } : result;
}

function failed(code: RunErrorCode, message: string, details: JsonObject): Failed {
  return { ok: false, error: { code, message, details } };
}

function statusFailure(answer: ParsedAnswer, { now, masker }: Reading): Failed {
  const code = codeOfStatus(answer.status);
  const retryAfter = retryAfterMs(answer.headers["retry-after"], now);
  const failure = failed(code, `The service answered with status ${answer.status}`, {
    status: answer.status,
    body: quoted(masker.json(answer.body)),
  });
  return retryAfter === undefined ? failure : { ...failure, retryAfterMs: retryAfter };
}

/** A service's own code is used where it is one of the taxonomy, and always kept. */
function envelopeFailure(body: JsonObject, answer: ParsedAnswer, { now }: Reading): Failed {
  const own = typeof body.code === "string" ? body.code : undefined;
  const byStatus = answer.status >= 400 ? codeOfStatus(answer.status) : "BACKEND_ERROR";
  const code: RunErrorCode = isRunErrorCode(own) ? own : byStatus;
  const message =
    typeof body.message === "string" && body.message !== ""
      ? body.message.slice(0, 2_000)
      : "The service reported an error";
  const details: JsonObject = { status: answer.status };
  if (own !== undefined) details.upstream_code = own.slice(0, 200);
  if (body.details !== undefined) details.upstream = quoted(body.details);
  const retryAfter = retryAfterMs(answer.headers["retry-after"], now);
  const failure = failed(code, message, details);
  return retryAfter === undefined ? failure : { ...failure, retryAfterMs: retryAfter };
}

/** One match gives the value, several a list, none null (section 20). */
function extracted(path: string, body: Json): Mapped {
  const found = queryJson(path, body);
  if (!found.ok)
    return failed(
      "VALIDATION",
      `The connector's extract is not a JSONPath, or too much for one: ${path.slice(0, 200)}`,
      {
        field: "response.extract",
      },
    );
  const { values } = found;
  return { ok: true, output: values.length === 0 ? null : values.length === 1 ? (values[0] ?? null) : values };
}

function usageOf(usage: Json | undefined): ReportedUsage | undefined {
  if (usage === undefined || !isObject(usage)) return undefined;
  const reported: ReportedUsage = {};
  for (const name of ["input_tokens", "output_tokens", "cost"] as const) {
    const value = usage[name];
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) continue;
    reported[name] = name === "cost" ? value : Math.round(value);
  }
  return Object.keys(reported).length > 0 ? reported : undefined;
}
