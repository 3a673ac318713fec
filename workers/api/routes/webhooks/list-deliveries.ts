import { deliveriesQuery, webhookDeliveryPage } from "../../../../contracts/api/webhooks.ts";
import { listDeliveries } from "../../../services/webhooks/deliveries.ts";
import { endpoint } from "../../endpoint.ts";

export const listWebhookDeliveries = endpoint({
  method: "get",
  path: "/webhooks/deliveries",
  tag: "webhooks",
  summary: "List webhook deliveries",
  scope: "webhooks:read",
  query: deliveriesQuery,
  answers: { 200: { description: "The newest first", schema: webhookDeliveryPage } },
  async handle({ context, query }) {
    const answer = await listDeliveries(context, query);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
