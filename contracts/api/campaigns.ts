import * as z from "zod";
import { RUN_STATUSES } from "../../engine/run/types.ts";
import { CAMPAIGN_ACTIONS, CAMPAIGN_ITEM_STATES, CAMPAIGN_STATUSES } from "../campaigns-rpc.ts";
import { cleanText } from "../clean-text.ts";
import { executionId } from "./executions.ts";
import { timestamp } from "./json-values.ts";
import { pageOf, pageQuery } from "./pages.ts";

/* One act on many executions: how they are chosen, what is done, and what came of it. */

const moment = z.iso.datetime({ offset: true, error: "must be a time in ISO 8601." });

const filter = z
  .strictObject({
    status: z.enum(RUN_STATUSES).optional(),
    workflow: cleanText(200).optional().meta({ description: "Slug." }),
    since: moment.optional(),
    until: moment.optional(),
    q: cleanText(200).optional().meta({ description: "Part of the id or of the workflow's name." }),
  })
  .refine((members) => Object.values(members).some((it) => it !== undefined), {
    message: "must name something: a campaign on all executions is not begun by accident.",
  })
  .meta({ id: "CampaignFilter" });

export const campaignBody = z
  .strictObject({
    action: z.enum(CAMPAIGN_ACTIONS),
    filter,
    reason: cleanText(500).optional().meta({ description: "Of a cancel." }),
    compensate: z.boolean().optional().meta({ description: "Of a cancel: completed steps are undone." }),
    version: cleanText(100)
      .optional()
      .meta({ description: "Of a retry or a migration, which needs one: a version, or `latest`." }),
    from_step: cleanText(1_000).optional().meta({ description: "Of a retry." }),
    at_once: z.int().min(1).max(50).default(10).meta({ description: "Executions that are asked at the same time." }),
    dry_run: z.boolean().optional().meta({ description: "Only says which executions it would be." }),
  })
  .meta({
    id: "BeginCampaign",
    example: { action: "retry", filter: { status: "failed", workflow: "orders", since: "2026-11-29T08:00:00Z" } },
  });

export type CampaignBody = z.infer<typeof campaignBody>;

export const campaign = z
  .strictObject({
    id: z.string(),
    action: z.enum(CAMPAIGN_ACTIONS),
    filter: z.record(z.string(), z.string()),
    status: z.enum(CAMPAIGN_STATUSES),
    created_by: z.string().meta({ description: "Id of the key: each execution's log names it." }),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
    at_once: z.int(),
    total: z.int(),
    done: z.int(),
    refused: z.int().meta({ description: "Executions whose state did not allow it: they are as they were." }),
    pending: z.int(),
  })
  .meta({ id: "Campaign" });

export type Campaign = z.infer<typeof campaign>;

export const campaignList = z.strictObject({ data: z.array(campaign) }).meta({ id: "CampaignList" });

export const campaignPreview = z
  .strictObject({ matched: z.int(), executions: z.array(executionId).meta({ description: "The first 100 of them." }) })
  .meta({ id: "CampaignPreview" });

export const campaignItemsQuery = z.strictObject({ state: z.enum(CAMPAIGN_ITEM_STATES).optional(), ...pageQuery });

export const campaignItem = z
  .strictObject({
    execution_id: executionId,
    state: z.enum(CAMPAIGN_ITEM_STATES),
    tries: z
      .int()
      .meta({ description: "How often it was asked: more than once where it found no room or was out of reach." }),
    error: z.union([z.strictObject({ code: z.string(), message: z.string() }), z.null()]),
    asked_at: timestamp.nullable(),
  })
  .meta({ id: "CampaignItem" });

export const campaignItemPage = pageOf(campaignItem).meta({ id: "CampaignItemPage" });
