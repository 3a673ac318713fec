import { batchAnswer, batchBody } from "../../../../contracts/api/executions.ts";
import { startBatch } from "../../../services/executions/batch.ts";
import { endpoint } from "../../endpoint.ts";
import { idempotencyHeaders, idempotencyKey } from "./idempotency-key.ts";

export const batch = endpoint({
  method: "post",
  path: "/workflows/executions/batch",
  tag: "executions",
  summary: "Start up to 1,000 executions",
  description: "Each item has a result of its own: one that is refused does not stop the others.",
  scope: "executions:write",
  requestHeaders: idempotencyHeaders,
  body: { kind: "json", schema: batchBody, limit: "batch_bytes" },
  answers: { 200: { description: "One result an item, in order", schema: batchAnswer } },
  async handle({ context, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    return key.ok ? { status: 200, body: await startBatch(context, body.items, key.value) } : key;
  },
});
