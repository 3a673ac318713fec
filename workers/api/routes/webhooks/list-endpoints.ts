import { webhookEndpointPage } from "../../../../contracts/api/webhooks.ts";
import { listEndpoints } from "../../../services/webhooks/endpoints.ts";
import { endpoint } from "../../endpoint.ts";

export const listWebhookEndpoints = endpoint({
  method: "get",
  path: "/webhooks/endpoints",
  tag: "webhooks",
  summary: "List webhook endpoints",
  scope: "webhooks:read",
  answers: { 200: { description: "All of them: at most 50", schema: webhookEndpointPage } },
  async handle({ context }) {
    const answer = await listEndpoints(context);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
