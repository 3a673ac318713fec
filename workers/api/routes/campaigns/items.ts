import { campaignItemPage, campaignItemsQuery } from "../../../../contracts/api/campaigns.ts";
import { listCampaignItems } from "../../../services/campaigns/read.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const listCampaignItemsRoute = endpoint({
  method: "get",
  path: "/campaigns/{id}/items",
  tag: "executions",
  summary: "What has become of each execution of a campaign",
  scope: "executions:read",
  params: idParams,
  query: campaignItemsQuery,
  answers: { 200: { description: "A page, in the order in which they are asked", schema: campaignItemPage } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query }) {
    const page = await listCampaignItems(context, params.id, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
