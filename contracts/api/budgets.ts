import * as z from "zod";
import { PERIODS } from "../period.ts";
import { farDuration } from "./durations.ts";
import { timestamp } from "./json-values.ts";

const amount = z
  .number()
  .refine((value) => value > 0, "must be more than 0.")
  .max(1e9);
const count = z.int().min(1).max(1e12);
const amounts = {
  max_steps: count.optional().meta({ description: "Steps opened, as `budget.max_steps` of an execution counts them." }),
  max_seconds: amount.optional().meta({ description: "Seconds that plugins took." }),
  max_tokens: count.optional(),
  max_cost: amount.optional(),
};
const period = z
  .enum(PERIODS)
  .meta({ description: "UTC day or calendar month after which it starts over; `total`: never." });

/** `PUT /budgets/{scope}`. */
export const putBudgetBody = z
  .strictObject({
    ...amounts,
    period: period.optional(),
    hold: farDuration.optional().meta({ description: "How long what it pauses waits for a raise: 24 h when absent." }),
  })
  .refine(
    ({ max_steps, max_seconds, max_tokens, max_cost }) =>
      (max_steps ?? max_seconds ?? max_tokens ?? max_cost) !== undefined,
    "must have at least one of max_steps, max_seconds, max_tokens and max_cost.",
  )
  .meta({ id: "PutBudget", example: { max_steps: 100_000, max_cost: 250, period: "month" } });
export type PutBudgetBody = z.infer<typeof putBudgetBody>;

const used = z.strictObject({
  max_steps: z.number().optional(),
  max_seconds: z.number().optional(),
  max_tokens: z.number().optional(),
  max_cost: z.number().optional(),
});

/** A shared budget as it is shown. */
export const budgetView = z
  .strictObject({
    scope: z.string(),
    period,
    limits: z.strictObject(amounts),
    used,
    hold: z.union([z.string(), z.number()]).optional(),
    resets_at: timestamp.nullable(),
  })
  .meta({ id: "SharedBudget" });
export type BudgetView = z.infer<typeof budgetView>;

export const budgetListView = z.strictObject({ data: z.array(budgetView) }).meta({ id: "SharedBudgets" });

export const deletedBudget = z
  .strictObject({ status: z.literal("deleted"), scope: z.string() })
  .meta({ id: "DeletedBudget" });
