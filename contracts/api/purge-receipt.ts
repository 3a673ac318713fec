import * as z from "zod";
import { executionId } from "./executions.ts";
import { timestamp } from "./json-values.ts";

const count = z.int().min(0);
const places = {
  coordinator_rows: count.meta({
    description: "Rows of the object that ran them: log, inputs, outputs, Idempotency-Keys.",
  }),
  objects: count.meta({ description: "Objects in the object storage: archives and large outputs." }),
  webhook_rows: count.meta({ description: "Events for streams, webhooks and their attempts." }),
  list_rows: count.meta({ description: "Rows in lists." }),
  traces: count.meta({ description: "Traces that were to be sent." }),
};

/** What a purge removed, and what is there still when somebody looks. */
export const purgeReceipt = z
  .strictObject({
    execution_id: executionId.meta({
      description: "That which was purged: of one that a step started, the one above it.",
    }),
    status: z.literal("purged"),
    executions: z.array(executionId).meta({ description: "It, and the executions that its steps started." }),
    purged_at: timestamp,
    actor: z.string().meta({ description: "Id of the key that had it purged." }),
    removed: z.strictObject({
      ...places,
      cached_outputs: count.meta({ description: "Outputs in the cache of steps." }),
    }),
    left: z
      .strictObject(places)
      .meta({ description: "What was found of them at `verified_at`, when every place was searched anew." }),
    verified_at: timestamp,
  })
  .meta({ id: "PurgeReceipt" });

export type PurgeReceipt = z.infer<typeof purgeReceipt>;
