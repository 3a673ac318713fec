import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import { isDeeper, parseJson } from "../../../connectors/handlers/http/parse-answer.ts";
import type { SandboxFault, SandboxOutcome } from "../../../contracts/code-sandbox-rpc.ts";
import { isRunErrorCode, type RunErrorCode } from "../../../engine/errors.ts";
import { utf8Length, WALKED_DEPTH } from "../../../engine/expressions/limits.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import type { ActionResult } from "../../../engine/run/types.ts";

type Failed = Extract<ActionResult, { ok: false }>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_MESSAGE_CHARS = 2_000;
const FAULTS: Readonly<Record<SandboxFault, true>> = {
  thrown: true,
  load: true,
  missing: true,
  output: true,
  size: true,
};
/** What only the platform says. */
const NOT_FOR_CODE: ReadonlySet<RunErrorCode> = new Set(["CANCELED", "INTERNAL_ERROR", "QUOTA_EXCEEDED"]);

/** What came out of an isolate as a result: its text is users' code's, and is read as what any stranger sends. */
export function readAnswer(outcome: SandboxOutcome, action: string, isolated: boolean): ActionResult {
  if (outcome.kind === "none") return failed("BACKEND_ERROR", "The code answered what is no answer");
  if (outcome.kind === "larger" || utf8Length(outcome.text) > CODE_LIMITS.outputBytes + 1_024) return tooLarge();
  const answer = parseJson(outcome.text);
  if (answer === undefined || !isObject(answer)) return failed("BACKEND_ERROR", "The code answered what is no answer");
  const result = answer.ok === true ? success(answer) : fault(answer, action);
  const isolate = isolated && typeof answer.isolate === "string" && UUID.test(answer.isolate) ? answer.isolate : null;
  return isolate === null ? result : { ...result, usage: { compute_ms: 0, egress_bytes: 0, isolate } };
}

function success(answer: JsonObject): ActionResult {
  const { output = null } = answer;
  if (!isDeeper(output, WALKED_DEPTH)) return { ok: true, output };
  const details = { limit: "depth", max: WALKED_DEPTH };
  return failed("VALIDATION", `The output nests deeper than ${WALKED_DEPTH} levels`, details);
}

function fault({ kind, message: written, code, details }: JsonObject, action: string): Failed {
  const message = typeof written === "string" ? written.slice(0, MOST_MESSAGE_CHARS) : "";
  if (!isFault(kind)) return failed("BACKEND_ERROR", "The code answered what is no answer");
  switch (kind) {
    case "thrown":
      return thrown(message, code, isObject(details ?? null) && isObject(details) ? details : {});
    case "load":
      return failed("BACKEND_ERROR", `The module does not load: ${message}`, { reason: "load" });
    case "missing":
      return failed("VALIDATION", `The module has no function "${message || action}"`, { reason: "export" });
    case "output":
      return failed("VALIDATION", `The output is no JSON: ${message}`, { reason: "output" });
    case "size":
      return tooLarge();
    default:
      return kind satisfies never;
  }
}

/** An error of the code itself. It may name a code of the taxonomy; whether it is tried again, the step's retry policy says. */
function thrown(message: string, code: unknown, details: JsonObject): Failed {
  const named = isRunErrorCode(code) && !NOT_FOR_CODE.has(code) ? code : "BACKEND_ERROR";
  if (isDeeper(details, WALKED_DEPTH)) return { ok: false, error: { code: named, message } };
  return { ok: false, error: { code: named, message: message === "" ? "The code failed" : message, details } };
}

function isFault(kind: unknown): kind is SandboxFault {
  return typeof kind === "string" && Object.hasOwn(FAULTS, kind);
}

function tooLarge(): Failed {
  const details = { limit: "payload_bytes", max: CODE_LIMITS.outputBytes };
  return failed("PAYLOAD_TOO_LARGE", `The output is larger than ${CODE_LIMITS.outputBytes} bytes`, details);
}

function failed(code: RunErrorCode, message: string, details: JsonObject = {}): Failed {
  return { ok: false, permanent: true, error: { code, message, details } };
}
