import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { jsonObject, jsonValue, timestamp } from "./json-values.ts";
import { pageOf } from "./pages.ts";

const TYPES = ["manual", "schedule", "webhook", "event"] as const;
const STATUSES = ["active", "paused", "disabled"] as const;

/** `POST /triggers`: the members of a trigger in a workflow file, and which workflow it starts. */
export const createTriggerBody = z.looseObject({ workflow: cleanText(200), type: z.enum(TYPES) }).meta({
  id: "CreateTrigger",
  description: "`workflow` and the members of a trigger as a workflow file has them (section 14).",
  example: {
    workflow: "daily-report",
    type: "schedule",
    name: "mornings",
    cron: "0 7 * * 1-5",
    timezone: "Europe/Oslo",
  },
});

/** `PATCH /triggers/{id}`: members to replace; null takes one away. */
export const changeTriggerBody = z.looseObject({}).meta({
  id: "ChangeTrigger",
  description: "Members of the trigger to replace; null takes one away. Its type and workflow stay.",
  example: { cron: "30 7 * * 1-5" },
});

export const testTriggerBody = z
  .strictObject({
    payload: jsonValue.optional().meta({ description: "What a webhook brings, or the event; nothing for a schedule." }),
    headers: jsonObject.optional().meta({ description: "Of a webhook: what `trigger.headers` has." }),
    query: jsonObject.optional().meta({ description: "Of a webhook: what `trigger.query` has." }),
    dry_run: z.boolean().optional().meta({ description: "Starts nothing: shows the inputs." }),
  })
  .meta({ id: "TestTrigger", example: { payload: { order: "A-17" } } });
export type TestTriggerBody = z.infer<typeof testTriggerBody>;

const run = z.strictObject({
  at: timestamp,
  due_at: timestamp.meta({ description: "When it was due, or when the webhook or event came." }),
  status: z.enum(["started", "skipped", "refused"]),
  execution_id: z.string().nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});

/** A trigger as it is shown. */
export const trigger = z
  .strictObject({
    id: z.string().meta({ example: "trg_06c2x5r1y8000zq3v7k1m9e2w4" }),
    type: z.enum(TYPES),
    name: z.string(),
    workflow: z.string().meta({ description: "The workflow's slug." }),
    version_policy: z.literal("newest").meta({ description: "The newest published version is started." }),
    origin: z
      .enum(["workflow", "api"])
      .meta({ description: "Whether a workflow file has it or `POST /triggers` made it." }),
    status: z.enum(STATUSES).meta({ description: "disabled: it says `enabled: false`." }),
    config: jsonObject.meta({ description: "The trigger's own members, as they were written." }),
    url: z.string().nullable().meta({ description: "Of a webhook: the path of its address." }),
    next_runs: z.array(timestamp).meta({ description: "Of a schedule that is active: the next ten due times." }),
    last_run: run.nullable(),
    executions: z.array(z.string()).meta({ description: "Lately started, latest first." }),
    waiting: z.int().meta({ description: "Executions that are accepted and not started yet." }),
    dropped: z.int().meta({ description: "Events dropped by its rate limit." }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "Trigger" });
export type TriggerView = z.infer<typeof trigger>;
export const triggerPage = pageOf(trigger).meta({ id: "TriggerPage" });

export const deletedTrigger = z
  .strictObject({ status: z.literal("deleted"), id: z.string() })
  .meta({ id: "DeletedTrigger" });

export const testedTrigger = z
  .strictObject({
    status: z.enum(["pending", "rendered"]),
    execution_id: z.string().nullable().meta({ description: "Null for a dry run." }),
    poll_url: z.string().nullable(),
    inputs: jsonObject.meta({ description: "What the trigger's templates gave." }),
    trigger: jsonObject.meta({ description: "What templates see as `trigger`." }),
  })
  .meta({ id: "TestedTrigger" });
export type TestedTrigger = z.infer<typeof testedTrigger>;

export const triggerFilters = {
  workflow: cleanText(200).optional(),
  type: z.enum(TYPES).optional(),
  status: z.enum(STATUSES).optional(),
};
