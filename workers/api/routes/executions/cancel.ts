import { cancelBody } from "../../../../contracts/api/execution-acts.ts";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import { steerExecution } from "../../../services/executions/steer.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const cancel = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/cancel",
  tag: "executions",
  summary: "Cancel an execution",
  description:
    "Calls in flight are aborted. With `compensate`, completed steps are undone before it ends: `phase` is `compensating` until then.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: cancelBody, optional: true },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const after = await steerExecution(context, params.id, { type: "cancel", ...body }, key.value);
    return after.ok ? { status: 200, body: after.value } : after;
  },
});
