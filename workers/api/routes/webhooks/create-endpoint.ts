import { createEndpointBody, webhookEndpointWithSecret } from "../../../../contracts/api/webhooks.ts";
import { createEndpoint } from "../../../services/webhooks/endpoints.ts";
import { endpoint } from "../../endpoint.ts";

export const createWebhookEndpoint = endpoint({
  method: "post",
  path: "/webhooks/endpoints",
  tag: "webhooks",
  summary: "Make a webhook endpoint",
  description: "Events of the types it names are POSTed to it, signed by Standard Webhooks.",
  scope: "webhooks:write",
  body: { kind: "json", schema: createEndpointBody },
  answers: { 201: { description: "With its secret, shown this once", schema: webhookEndpointWithSecret } },
  refusals: ["CONFLICT"],
  async handle({ context, body }) {
    const made = await createEndpoint(context, body);
    if (!made.ok) return made;
    return { status: 201, body: made.value, headers: { location: `/webhooks/endpoints/${made.value.id}` } };
  },
});
