import { messageBody, taken } from "../../../../contracts/api/execution-acts.ts";
import { durationMs } from "../../../services/executions/duration-ms.ts";
import { sendMessage } from "../../../services/executions/send-message.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const sendExecutionMessage = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/messages",
  tag: "executions",
  summary: "Send a message to a node of a long-running graph",
  description:
    "A node handles its messages one at a time, in order. A full mailbox is 429: at once where its `overflow` is `reject`, after `timeout` where it is `block`; with `drop_oldest` the oldest goes.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: messageBody },
  answers: { 202: { description: "It is in the mailbox", schema: taken } },
  refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
  async handle({ context, params, body: { node, payload = null, timeout }, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const waitMs = timeout === undefined ? undefined : durationMs(timeout);
    const refused = await sendMessage(context, params.id, { node, payload, waitMs }, key.value);
    return refused ?? { status: 202, body: { status: "accepted", execution_id: params.id } };
  },
});
