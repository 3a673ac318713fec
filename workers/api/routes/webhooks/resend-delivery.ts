import { webhookDelivery } from "../../../../contracts/api/webhooks.ts";
import { resendDelivery } from "../../../services/webhooks/deliveries.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const resendWebhookDelivery = endpoint({
  method: "post",
  path: "/webhooks/deliveries/{id}/resend",
  tag: "webhooks",
  summary: "Send one again",
  scope: "webhooks:write",
  params: idParams,
  answers: { 202: { description: "It is sent again, with the same id and body", schema: webhookDelivery } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params }) {
    const answer = await resendDelivery(context, params.id);
    return answer.ok ? { status: 202, body: answer.value } : answer;
  },
});
