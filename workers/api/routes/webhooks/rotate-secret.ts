import { rotatedSecret } from "../../../../contracts/api/webhooks.ts";
import { rotateSecret } from "../../../services/webhooks/rotate.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const rotateWebhookSecret = endpoint({
  method: "post",
  path: "/webhooks/endpoints/{id}/rotate",
  tag: "webhooks",
  summary: "Rotate an endpoint's secret",
  description: "The old secret signs beside the new one for 24 hours.",
  scope: "webhooks:write",
  params: idParams,
  answers: { 200: { description: "The new secret, shown this once", schema: rotatedSecret } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const answer = await rotateSecret(context, params.id);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
