import { campaignList } from "../../../../contracts/api/campaigns.ts";
import { listCampaigns } from "../../../services/campaigns/read.ts";
import { endpoint } from "../../endpoint.ts";

export const listCampaignsRoute = endpoint({
  method: "get",
  path: "/campaigns",
  tag: "executions",
  summary: "List campaigns",
  scope: "executions:read",
  answers: { 200: { description: "The newest 100; finished ones are kept for 30 days", schema: campaignList } },
  async handle({ context }) {
    return { status: 200, body: await listCampaigns(context) };
  },
});
