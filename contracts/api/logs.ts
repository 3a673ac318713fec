import * as z from "zod";
import { jsonObject, timestamp } from "./json-values.ts";

/** From least to gravest. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** A line of an execution's log. */
export const logEntry = z
  .strictObject({
    id: z.int().meta({ description: "Sequence of its event." }),
    timestamp,
    level: z.string(),
    message: z.string(),
    step_name: z.string().nullable(),
    step_path: z.string().nullable(),
    context: jsonObject.optional(),
  })
  .meta({ id: "LogEntry" });

export type LogEntry = z.infer<typeof logEntry>;

export const logPage = z
  .strictObject({
    data: z.array(logEntry),
    last: z.int().meta({ description: "Ask on with `after` set to this." }),
    ended: z.boolean().meta({ description: "The execution is over, and this is the end of its log." }),
  })
  .meta({ id: "LogPage" });
