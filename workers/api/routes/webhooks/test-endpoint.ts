import { webhookDeliveryDetail } from "../../../../contracts/api/webhooks.ts";
import { testEndpoint } from "../../../services/webhooks/deliveries.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const testWebhookEndpoint = endpoint({
  method: "post",
  path: "/webhooks/endpoints/{id}/test",
  tag: "webhooks",
  summary: "Send a test event",
  description: "One attempt, now, whatever the endpoint subscribes to.",
  scope: "webhooks:write",
  params: idParams,
  answers: { 200: { description: "What came of it", schema: webhookDeliveryDetail } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const answer = await testEndpoint(context, params.id);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
