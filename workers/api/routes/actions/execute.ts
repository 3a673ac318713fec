import { executeAnswer, executeBody } from "../../../../contracts/api/executions.ts";
import { executeAction } from "../../../services/actions/execute.ts";
import { endpoint } from "../../endpoint.ts";
import { idempotencyHeaders, idempotencyKey } from "../executions/idempotency-key.ts";

export const execute = endpoint({
  method: "post",
  path: "/execute",
  tag: "actions",
  summary: "Run one action",
  description:
    "The service envelope: `data` is the action's output; a failure has the code, status and details of the action's error.",
  scope: "executions:write",
  requestHeaders: idempotencyHeaders,
  body: { kind: "json", schema: executeBody },
  answers: { 200: { description: "The action's output", schema: executeAnswer } },
  refusals: [
    "NOT_FOUND",
    "CONFLICT",
    "RATE_LIMITED",
    "BACKEND_ERROR",
    "TIMEOUT",
    "QUOTA_EXCEEDED",
    "PAYLOAD_TOO_LARGE",
  ],
  async handle({ context, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const { action, input = {}, connection } = body;
    const done = await executeAction(context, {
      action,
      input,
      connection,
      idempotencyKey: key.value,
      traceparent: header("traceparent"),
    });
    return done.ok ? { status: 200, body: done.value } : done;
  },
});
