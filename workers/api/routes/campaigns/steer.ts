import { campaign } from "../../../../contracts/api/campaigns.ts";
import type { CampaignSteering } from "../../../../contracts/campaigns-rpc.ts";
import { steerCampaign } from "../../../services/campaigns/read.ts";
import { endpoint } from "../../endpoint.ts";
import { actHeaders, idempotencyKey } from "../executions/idempotency-key.ts";
import { idParams } from "../path-params.ts";

function steering(how: CampaignSteering, summary: string) {
  return endpoint({
    method: "post",
    path: `/campaigns/{id}/${how}`,
    tag: "executions",
    summary,
    description: "What has been done stays done, and what was being asked may still happen. 409 for one that is over.",
    scope: "executions:write",
    params: idParams,
    requestHeaders: actHeaders,
    answers: { 200: { description: "The campaign after it", schema: campaign } },
    refusals: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED"],
    async handle({ context, params, header }) {
      const key = idempotencyKey(header("idempotency-key"));
      if (!key.ok) return key;
      const after = await steerCampaign(context, params.id, how, key.value);
      return after.ok ? { status: 200, body: after.value } : after;
    },
  });
}

export const steerCampaignRoutes = [
  steering("pause", "Pause a campaign"),
  steering("resume", "Go on with a paused campaign"),
  steering("stop", "Stop a campaign for good"),
];
