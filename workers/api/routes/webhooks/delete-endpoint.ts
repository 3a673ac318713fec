import { deletedEndpoint } from "../../../../contracts/api/webhooks.ts";
import { deleteEndpoint } from "../../../services/webhooks/endpoints.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const deleteWebhookEndpoint = endpoint({
  method: "delete",
  path: "/webhooks/endpoints/{id}",
  tag: "webhooks",
  summary: "Delete a webhook endpoint",
  scope: "webhooks:write",
  params: idParams,
  answers: { 200: { description: "Deleted; what it was still to have is given up", schema: deletedEndpoint } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const answer = await deleteEndpoint(context, params.id);
    return answer.ok ? { status: 200, body: answer.value } : answer;
  },
});
