import { eventBody, taken } from "../../../../contracts/api/execution-acts.ts";
import { sendEvent } from "../../../services/executions/send-event.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const sendExecutionEvent = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/events",
  tag: "executions",
  summary: "Send an event to an execution",
  description:
    "The oldest wait that fits gets it, at once; an event nobody waits for yet is kept until the execution ends. It keeps 1,000 of them: one more is 429.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: eventBody },
  answers: { 202: { description: "It is stored", schema: taken } },
  refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
  async handle({ context, params, body: { name, payload = null, channel }, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const refused = await sendEvent(context, params.id, { name, payload, channel }, key.value);
    return refused ?? { status: 202, body: { status: "accepted", execution_id: params.id } };
  },
});
