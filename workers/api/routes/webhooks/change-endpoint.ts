import { changeEndpointBody, webhookEndpoint } from "../../../../contracts/api/webhooks.ts";
import { changeEndpoint } from "../../../services/webhooks/endpoints.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const changeWebhookEndpoint = endpoint({
  method: "patch",
  path: "/webhooks/endpoints/{id}",
  tag: "webhooks",
  summary: "Change a webhook endpoint",
  scope: "webhooks:write",
  params: idParams,
  body: { kind: "json", schema: changeEndpointBody },
  answers: { 200: { description: "After the change", schema: webhookEndpoint } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, body }) {
    const answer = await changeEndpoint(context, params.id, body);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
