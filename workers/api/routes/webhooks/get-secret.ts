import { callbackSecret } from "../../../../contracts/api/webhooks.ts";
import { readCallbackSecret } from "../../../services/webhooks/callback-secret.ts";
import { endpoint } from "../../endpoint.ts";

export const getWebhookSecret = endpoint({
  method: "get",
  path: "/webhooks/secret",
  tag: "webhooks",
  summary: "Get the secret that signs callbacks",
  scope: "webhooks:write",
  answers: { 200: { description: "The tenant's secret, made when it is first asked for", schema: callbackSecret } },
  async handle({ context }) {
    return { status: 200, body: await readCallbackSecret(context) };
  },
});
