import { retryBody } from "../../../../contracts/api/execution-acts.ts";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import { retryExecution } from "../../../services/executions/retry.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const retry = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/retry",
  tag: "executions",
  summary: "Go on with an execution that has ended",
  description:
    "The same execution, with the next `run_attempt`: completed steps are kept and not charged again, what was not completed is run again, or everything from `from_step` on. With changed inputs, with outputs in the place of steps, with another version. With an `Idempotency-Key`, once. 409 where its state does not allow it, 429 where the tenant or its concurrency key is at its limit.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: retryBody, optional: true, limit: "payload_bytes" },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT", "QUOTA_EXCEEDED"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const after = await retryExecution(context, params.id, body ?? {}, key.value);
    return after.ok ? { status: 200, body: after.value } : after;
  },
});
