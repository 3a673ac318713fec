import { webhookEndpoint } from "../../../../contracts/api/webhooks.ts";
import { getEndpoint } from "../../../services/webhooks/endpoints.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const getWebhookEndpoint = endpoint({
  method: "get",
  path: "/webhooks/endpoints/{id}",
  tag: "webhooks",
  summary: "Get a webhook endpoint",
  scope: "webhooks:read",
  params: idParams,
  answers: { 200: { description: "Without its secret", schema: webhookEndpoint } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const answer = await getEndpoint(context, params.id);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
