import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { codeOfStatus, leftOpenBy } from "../../../../connectors/handlers/http/map-answer.ts";
import type { Masker } from "../../../../connectors/mask.ts";
import type { ActionResult } from "../../../../engine/run/types.ts";
import { ServerRefused } from "./server-refused.ts";

type Failed = Extract<ActionResult, { ok: false }>;

export interface ErrorScene {
  /** Host of the server, for messages. */
  host: string;
  /** A call may have reached it. */
  begun: boolean;
  /** The budget of bytes is spent. */
  tooLarge: boolean;
  /** The answer ended before it was whole. */
  broken?: boolean;
  /** Masks what the server said before it is cut. */
  masker: Masker;
  timedOut: boolean;
  timeoutMs: number;
  elapsedMs: number;
}

const INVALID_PARAMS = -32602;

/** What was thrown by the SDK, or through it, as a failure of the attempt. */
export function mapError(error: unknown, scene: ErrorScene): Failed {
  const { host, begun, masker, timeoutMs, elapsedMs } = scene;
  const refused = causeOf(error);
  if (refused) {
    const failed: Failed = { ok: false, error: refused.failure };
    if (refused.permanent) failed.permanent = true;
    if (refused.unknown && begun) failed.outcomeUnknown = true;
    return failed;
  }
  if (scene.tooLarge) {
    const message = `The answers of ${host} are larger than a call takes`;
    return {
      ok: false,
      permanent: true,
      error: { code: "PAYLOAD_TOO_LARGE", message, details: { limit: "payload_bytes" } },
    };
  }
  if (scene.broken === true) {
    const details = { backend: host, suggestion: "See why the server ended its answer before it was whole" };
    const message = `${host} broke off its answer`;
    return { ok: false, error: { code: "UNAVAILABLE", message, details }, ...(begun ? { outcomeUnknown: true } : {}) };
  }
  if (scene.timedOut || (SdkError.isInstance(error) && error.code === SdkErrorCode.RequestTimeout)) {
    const details = { timeout_ms: timeoutMs, elapsed_ms: elapsedMs };
    const failed: Failed = {
      ok: false,
      error: { code: "TIMEOUT", message: `No answer within ${timeoutMs} ms`, details },
    };
    return begun ? { ...failed, outcomeUnknown: true } : failed;
  }
  if (SdkHttpError.isInstance(error)) {
    const { status } = error;
    const message = `The MCP server answered with status ${status}`;
    const mapped = { code: codeOfStatus(status), message, details: { status } };
    return { ok: false, error: mapped, ...(begun ? leftOpenBy(status) : {}) };
  }
  if (ProtocolError.isInstance(error)) {
    const code = error.code === INVALID_PARAMS ? "VALIDATION" : "BACKEND_ERROR";
    const message = `The MCP server refused the call: ${masker.text(error.message).slice(0, 2_000)}`;
    return { ok: false, error: { code, message, details: { upstream_code: String(error.code) } } };
  }
  if (
    SdkError.isInstance(error) &&
    error.code !== SdkErrorCode.ConnectionClosed &&
    error.code !== SdkErrorCode.SendFailed
  ) {
    const message = `What ${host} answers is not the Model Context Protocol: ${masker.text(error.message).slice(0, 500)}`;
    return { ok: false, error: { code: "BACKEND_ERROR", message, details: { upstream_code: String(error.code) } } };
  }
  return {
    ok: false,
    error: {
      code: "UNAVAILABLE",
      message: `${host} cannot be reached, or broke the connection`,
      details: { backend: host, suggestion: "Check that the server is up and its address is right" },
    },
    ...(begun ? { outcomeUnknown: true } : {}),
  };
}

/** Wrapped or not. */
function causeOf(error: unknown): ServerRefused | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof ServerRefused) return at;
    const inner = SdkError.isInstance(at) ? causeInData(at.data) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/** Some errors of the SDK name their cause in their data alone. */
function causeInData(data: unknown): ServerRefused | undefined {
  const cause: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "cause") : undefined;
  return cause instanceof ServerRefused ? cause : undefined;
}
