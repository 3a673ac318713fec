import type { Campaign } from "../../../contracts/api/campaigns.ts";
import type { CampaignView } from "../../../contracts/campaigns-rpc.ts";

/** A campaign as the API shows it. */
export function campaignView(view: CampaignView): Campaign {
  const { order, filter, status, createdAt, finishedAt, atOnce, total, done, refused } = view;
  return {
    id: order.id,
    action: order.action,
    filter,
    status,
    created_by: order.actor.keyId,
    created_at: new Date(createdAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    at_once: atOnce,
    total,
    done,
    refused,
    pending: status === "stopped" ? 0 : total - done - refused,
  };
}
