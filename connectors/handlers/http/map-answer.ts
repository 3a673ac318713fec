import { isRunErrorCode, type RunErrorCode } from "../../../engine/errors.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { PendingTask, ReportedUsage } from "../../../engine/run/types.ts";
import { queryJson } from "../../../engine/steps/transform/query-json.ts";
import { type Failed as PlainFailed, failed } from "../../failed.ts";
import type { Masker } from "../../mask.ts";
import { failureInBody, usageInBody } from "./body-verdict.ts";
import { type ParsedAnswer, quoted } from "./parse-answer.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { retryAfterMs } from "./retry-after.ts";

export type Failed = PlainFailed & { pending?: PendingAnswer };

/** The service finishes the attempt later; `token` is its own, where it names one. */
export interface PendingAnswer extends PendingTask {
  token?: string;
}
export type Mapped = { ok: true; output: Json; reported?: ReportedUsage } | Failed;

/** How an answer is read: when it came, and what must not be quoted of it. */
export interface Reading {
  /** Epoch ms. */
  now: number;
  /** Masks what is quoted before it is cut: half a secret would not be found any more. */
  masker: Masker;
}

/** What Cloudflare's edge answers when it could not reach the origin, and why: `details.reason`. */
const NOT_REACHED: Readonly<Record<number, string>> = {
  521: "refused",
  522: "refused",
  523: "refused",
  525: "tls",
  526: "tls",
  530: "dns",
};

/** A gateway passed the request on and had no answer in time: as a timeout of our own, it says nothing of what became of it (section 20). */
const GAVE_UP_WAITING: readonly number[] = [504, 524];

/** What an answer of this status leaves open: spread into the failure that it is. */
export function leftOpenBy(status: number): Pick<PlainFailed, "outcomeUnknown"> {
  return GAVE_UP_WAITING.includes(status) ? { outcomeUnknown: true } : {};
}

function reasonOf(status: number): string | undefined {
  return NOT_REACHED[status];
}

/** What a status of 4xx or 5xx means (section 7). */
export function codeOfStatus(status: number): RunErrorCode {
  if (reasonOf(status) !== undefined) return "UNAVAILABLE";
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
  if (answer.status >= 400 && !(Array.isArray(expected) ? expected : [expected]).includes(answer.status))
    return statusFailure(answer, reading);
  const failure = failureInBody(handler, answer, reading.masker);
  if (failure !== undefined) return failure;
  const extract = handler.response?.extract;
  const mapped: Mapped =
    extract === undefined
      ? { ok: true, output: { status: answer.status, headers: answer.headers, body: answer.body } }
      : extracted(extract, answer.body);
  const reported = usageInBody(handler, answer);
  return mapped.ok && reported !== undefined ? { ...mapped, reported } : mapped;
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
  if (status === "pending") return answer.status >= 400 ? statusFailure(answer, reading) : pendingTask(body);
  if (status === "error") return envelopeFailure(reading.masker.object(body), answer, reading);
  if (answer.status >= 400) return statusFailure(answer, reading);
  const data = body.data ?? null;
  const result: Mapped =
    handler.response?.extract === undefined ? { ok: true, output: data } : extracted(handler.response.extract, data);
  const reported = usageOf(body.usage);
  return result.ok && reported ? { ...result, reported } : result;
}

/** No failure where the host waits for tasks; where it does not, it says so. */
function pendingTask(body: JsonObject): Failed {
  const { task_token: token, heartbeat_timeout: heartbeat } = body;
  const message = "The service wants to answer later, by a task token; answers come at once only here";
  const pending: PendingAnswer = {};
  if (typeof heartbeat === "number" && heartbeat > 0)
    pending.heartbeatMs = Math.min(Math.max(heartbeat * 1_000, SHORTEST_HEARTBEAT_MS), LONGEST_HEARTBEAT_MS);
  if (token !== undefined) pending.token = typeof token === "string" ? token : "";
  return { ...failed("UNAVAILABLE", message, { reason: "task_tokens" }), permanent: true, pending };
}

const SHORTEST_HEARTBEAT_MS = 1_000;
const LONGEST_HEARTBEAT_MS = 86_400_000;

/** The failure that an unexpected status of 4xx or 5xx is. */
export function statusFailure(answer: ParsedAnswer, { now, masker }: Reading): Failed {
  const code = codeOfStatus(answer.status);
  const retryAfter = retryAfterMs(answer.headers["retry-after"], now);
  const failure = failed(code, `${answer.backend ?? "The service"} answered with status ${answer.status}`, {
    status: answer.status,
    ...(reasonOf(answer.status) === undefined ? {} : { reason: reasonOf(answer.status) ?? "" }),
    body: quoted(masker.json(answer.body)),
  });
  return {
    ...failure,
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
    ...leftOpenBy(answer.status),
  };
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
  return {
    ...failed(code, message, details),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
    // By a code of the taxonomy the service itself says what became of it.
    ...(isRunErrorCode(own) ? {} : leftOpenBy(answer.status)),
  };
}

/** What `response.extract` picks of a body. One match gives the value, several a list, none null (section 20). */
export function extracted(path: string, body: Json): Mapped {
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
