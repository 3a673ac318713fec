import { campaign, campaignBody, campaignPreview } from "../../../../contracts/api/campaigns.ts";
import { beginCampaign } from "../../../services/campaigns/begin.ts";
import { endpoint } from "../../endpoint.ts";
import { idempotencyHeaders, idempotencyKey } from "../executions/idempotency-key.ts";

export const beginCampaignRoute = endpoint({
  method: "post",
  path: "/campaigns",
  tag: "executions",
  summary: "Cancel, retry or migrate many executions",
  description:
    "Acts on every execution that fits the filter now, at most 10,000: a few at a time, each once, with a result of its own. Goes on whatever is restarted; can be watched, paused and stopped. Retries that find no room among the running are tried again later. With an `Idempotency-Key`, begun once.",
  scope: "executions:write",
  requestHeaders: idempotencyHeaders,
  body: { kind: "json", schema: campaignBody },
  answers: {
    200: { description: "With `dry_run`: which executions it would be", schema: campaignPreview },
    201: { description: "It has begun", schema: campaign },
  },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const begun = await beginCampaign(context, body, key.value);
    if (!begun.ok) return begun;
    if (begun.value.kind === "campaign") return { status: 201, body: begun.value.campaign };
    return { status: 200, body: { matched: begun.value.matched, executions: begun.value.executions } };
  },
});
