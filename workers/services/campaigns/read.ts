import type * as z from "zod";
import type { Campaign, campaignItem, campaignItemsQuery } from "../../../contracts/api/campaigns.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import type { CampaignSteering } from "../../../contracts/campaigns-rpc.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { auditLater } from "../audit-later.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { onCampaigns } from "../object-calls.ts";
import { campaignView } from "./campaign-view.ts";

/** The same for an id that is foreign, malformed or unknown: a tenant's campaigns stand in an object of its own. */
function unknownCampaign(): Failure {
  return failure("NOT_FOUND", "There is no such campaign.");
}

export async function getCampaign({ ports, caller }: Context, id: string): Promise<Result<Campaign>> {
  const view = await onCampaigns(ports, caller, (it) => it.get(id));
  return view ? success(campaignView(view)) : unknownCampaign();
}

/** The newest 100. */
export async function listCampaigns({ ports, caller }: Context): Promise<{ data: Campaign[] }> {
  return { data: (await onCampaigns(ports, caller, (it) => it.list())).map(campaignView) };
}

/** What has become of each execution. */
export async function listCampaignItems(
  { ports, caller }: Context,
  id: string,
  { state, cursor, limit }: z.infer<typeof campaignItemsQuery>,
): Promise<Result<Page<z.infer<typeof campaignItem>>>> {
  const [position] = cursor === undefined ? ["-1"] : (decodeCursor(cursor, 1) ?? []);
  const after = Number(position);
  if (!Number.isSafeInteger(after)) return badCursor();
  const page = await onCampaigns(ports, caller, (it) => it.items(id, { state, after, limit }));
  if (!page) return unknownCampaign();
  const last = page.items.at(-1);
  return success({
    data: page.items.map(({ executionId, state: itemState, tries, code, message, at }) => ({
      execution_id: executionId,
      state: itemState,
      tries,
      error: code === null ? null : { code, message: message ?? "" },
      asked_at: at === null ? null : new Date(at).toISOString(),
    })),
    has_more: page.more,
    next_cursor: page.more && last ? encodeCursor([String(last.position)]) : null,
  });
}

/** Pauses, resumes or stops it. What has been done stays done. With an Idempotency-Key, once. */
export async function steerCampaign(
  context: Context,
  id: string,
  how: CampaignSteering,
  idempotencyKey: string | undefined,
): Promise<Result<Campaign>> {
  const { ports, caller } = context;
  const after = await onCampaigns(ports, caller, (it) => it.steer(id, how, idempotencyKey));
  if (!after) return unknownCampaign();
  if (!after.ok) return after;
  auditLater(context, `campaign.${how}`, id);
  return success(campaignView(after.value));
}
