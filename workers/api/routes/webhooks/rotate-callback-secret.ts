import { rotatedSecret } from "../../../../contracts/api/webhooks.ts";
import { rotateCallbackSecret } from "../../../services/webhooks/callback-secret.ts";
import { endpoint } from "../../endpoint.ts";

export const rotateCallbackSecretRoute = endpoint({
  method: "post",
  path: "/webhooks/secret/rotate",
  tag: "webhooks",
  summary: "Rotate the secret that signs callbacks",
  description: "The old secret signs beside the new one for 24 hours.",
  scope: "webhooks:write",
  answers: { 200: { description: "The new secret", schema: rotatedSecret } },
  async handle({ context }) {
    return { status: 200, body: await rotateCallbackSecret(context) };
  },
});
