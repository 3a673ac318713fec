import { resendBody, resent } from "../../../../contracts/api/webhooks.ts";
import { resendSince } from "../../../services/webhooks/deliveries.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const resendWebhooks = endpoint({
  method: "post",
  path: "/webhooks/endpoints/{id}/resend",
  tag: "webhooks",
  summary: "Send an endpoint's events again",
  scope: "webhooks:write",
  params: idParams,
  body: { kind: "json", schema: resendBody },
  answers: { 202: { description: "They are sent again, with the same ids and bodies", schema: resent } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body }) {
    const answer = await resendSince(context, params.id, body);
    return answer.ok ? { status: 202, body: answer.value } : answer;
  },
});
