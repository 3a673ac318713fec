import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { CallContext } from "../../../contracts/rpc.ts";
import { utf8Length } from "../../../engine/expressions/limits.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";

interface Looked {
  secrets: Record<string, string>;
  connection: JsonObject | null;
  /** Values of what the connector declares under `runtime.environment`; absent where it declares nothing of it. */
  environment?: Record<string, Json>;
  /** Epoch ms. */
  deadline: number;
}

export type CodeContext = { ok: true; context: JsonObject } | Extract<ActionResult, { ok: false }>;

/**
 * What the code of a call is told (section 17): ids, attempt, deadline, trace and idempotency key; secrets as handles, the
 * connection without its credential. Of inputs, environment and previous steps what its connector declared, and nothing more.
 */
export function codeContext(call: ActionCall, context: CallContext, looked: Looked): CodeContext {
  const given = { ...call.given, ...(looked.environment === undefined ? {} : { environment: looked.environment }) };
  const bytes = Object.keys(given).length === 0 ? 0 : utf8Length(JSON.stringify(given));
  if (bytes > CODE_LIMITS.contextBytes) {
    const message = `What the connector's \`context\` asks for has ${bytes} bytes: a call is given ${CODE_LIMITS.contextBytes} at most`;
    const details = { limit: "payload_bytes", max: CODE_LIMITS.contextBytes };
    return { ok: false, permanent: true, error: { code: "PAYLOAD_TOO_LARGE", message, details } };
  }
  const ids = {
    ...(context.workflowId === undefined ? {} : { workflow_id: context.workflowId }),
    workflow_name: context.workflowName,
    workflow_version: context.workflowVersion,
    execution_id: context.executionId,
    step_name: call.stepId,
    attempt: call.attempt,
    execution_mode: "cloud",
    idempotency_key: call.idempotencyKey,
    deadline: new Date(looked.deadline).toISOString(),
    ...(context.traceparent === undefined ? {} : { trace: { traceparent: context.traceparent } }),
  };
  return { ok: true, context: { ...given, ...ids, secrets: looked.secrets, connection: looked.connection } };
}
