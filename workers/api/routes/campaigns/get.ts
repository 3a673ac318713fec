import { campaign } from "../../../../contracts/api/campaigns.ts";
import { getCampaign } from "../../../services/campaigns/read.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const getCampaignRoute = endpoint({
  method: "get",
  path: "/campaigns/{id}",
  tag: "executions",
  summary: "How far a campaign is",
  scope: "executions:read",
  params: idParams,
  answers: { 200: { description: "The campaign", schema: campaign } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getCampaign(context, params.id);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
