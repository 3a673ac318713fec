import { pauseBody } from "../../../../contracts/api/execution-acts.ts";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import { steerExecution } from "../../../services/executions/steer.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const pause = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/pause",
  tag: "executions",
  summary: "Pause an execution",
  description:
    "Nothing more is begun, calls in flight finish. Its waits and its own clock stop; the time limits of steps go on.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: pauseBody, optional: true },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const after = await steerExecution(context, params.id, { type: "pause", ...body }, key.value);
    return after.ok ? { status: 200, body: after.value } : after;
  },
});
