import { webhookDeliveryDetail } from "../../../../contracts/api/webhooks.ts";
import { getDelivery } from "../../../services/webhooks/deliveries.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const getWebhookDelivery = endpoint({
  method: "get",
  path: "/webhooks/deliveries/{id}",
  tag: "webhooks",
  summary: "Get a delivery with its attempts",
  scope: "webhooks:read",
  params: idParams,
  answers: { 200: { description: "Request and answers; bodies are cut at 16 KiB", schema: webhookDeliveryDetail } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const answer = await getDelivery(context, params.id);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
