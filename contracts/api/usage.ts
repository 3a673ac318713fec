import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { usage } from "./executions.ts";
import { timestamp } from "./json-values.ts";

/** A time, or a day, which stands for its first moment (UTC). */
const time = z.union(
  [z.iso.datetime({ offset: true }), z.iso.date()],
  "must be a time or a day in ISO 8601, such as 2026-11-01T00:00:00Z or 2026-11-01.",
);

export const GRANULARITIES = ["hour", "day", "month", "total"] as const;
export const USAGE_GROUPS = ["none", "workflow", "connector", "step_kind", "mode", "outcome"] as const;

export const usageQuery = z.strictObject({
  from: time.optional().meta({ description: "Included. Thirty days before `to` when absent." }),
  to: time.optional().meta({ description: "Not included. Now when absent." }),
  granularity: z.enum(GRANULARITIES).default("day"),
  group_by: z.enum(USAGE_GROUPS).default("none"),
  format: z
    .enum(["json", "csv"])
    .optional()
    .meta({ description: "`csv` answers a table, as `Accept: text/csv` does." }),
});
export type UsageQuery = z.infer<typeof usageQuery>;

export const usageRow = usage
  .extend({
    period: timestamp.meta({ description: "Begin of the hour, day or month (UTC); of the range for `total`." }),
    group: z.string().nullable().meta({ description: "Null where nothing was grouped, or it belongs to no group." }),
  })
  .meta({ id: "UsageRow" });
export type UsageRow = z.infer<typeof usageRow>;

export const usageAnswer = z
  .strictObject({
    data: z.array(usageRow),
    total: usage,
    from: timestamp,
    to: timestamp,
    as_of: timestamp.meta({ description: "What was used up to this time is counted." }),
  })
  .meta({ id: "UsageAnswer" });
export type UsageAnswer = z.infer<typeof usageAnswer>;

const change = z.int().min(-1e12).max(1e12).optional();

/** Body of the internal correction: what is to be added to a record, which may be negative. */
export const usageCorrection = z.strictObject({
  id: z
    .string()
    .regex(/^cor_[0-9a-z]{1,60}$/, "must be cor_ and up to 60 small letters and digits.")
    .optional(),
  record: cleanText(200),
  reason: cleanText(1_000),
  actor: cleanText(200),
  add: z
    .strictObject({
      executions: change,
      step_runs: change,
      compute_ms: change,
      egress_bytes: change,
      ai_tokens: change,
    })
    .refine((add) => Object.values(add).some((it) => it !== undefined && it !== 0), "must change something."),
});
export type UsageCorrection = z.infer<typeof usageCorrection>;

/** Body of the internal audit: one tenant, or the first after `cursor`. */
export const usageAuditBody = z.strictObject({
  tenant_id: cleanText(100).optional(),
  since: time.optional(),
  cursor: cleanText(100).optional(),
});
