import { shutdownBody } from "../../../../contracts/api/execution-acts.ts";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import { durationMs } from "../../../services/executions/duration-ms.ts";
import { steerExecution } from "../../../services/executions/steer.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const shutDown = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/shutdown",
  tag: "executions",
  summary: "Shut a long-running graph down",
  description:
    "No node takes another message. What is in hand is finished, or canceled where `graceful` is false or the `deadline` passes; then every node's `on_shutdown` runs, and it ends as completed. A workflow of steps is 409.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: shutdownBody, optional: true },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
  async handle({ context, params, body: { graceful, deadline }, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const deadlineMs = deadline === undefined ? undefined : durationMs(deadline);
    const after = await steerExecution(context, params.id, { type: "shutdown", graceful, deadlineMs }, key.value);
    return after.ok ? { status: 200, body: after.value } : after;
  },
});
