import * as z from "zod";
import { farDuration } from "./durations.ts";

/** Ten years. */
const MOST_SECONDS = 315_360_000;

const amount = z.number().refine((value) => value > 0, "must be more than 0.");
const count = z.int().min(1);

/** What an execution may spend (sections 5 and 20). */
export const budget = z
  .strictObject({
    max_seconds: amount.max(MOST_SECONDS).optional(),
    max_tokens: count.optional(),
    max_messages: count.optional(),
    max_steps: count.optional(),
    max_cost: amount.optional(),
    hold: farDuration.optional().meta({ description: "How long a spent budget waits for a raise: 24 h when absent." }),
  })
  .meta({ id: "Budget", example: { max_messages: 500, max_tokens: 200_000, hold: "2h" } });
