import * as z from "zod";
import { executionId } from "./executions.ts";
import { jsonObject } from "./json-values.ts";

export const hookParams = z.strictObject({
  tenant: z.string().meta({
    description: "The tenant's id; `-live` or `-test` after it names an environment.",
    example: "ten_00000000000000000000000000-test",
  }),
  path: z.string().meta({ description: "The trigger's `path`; may have slashes.", example: "github/push" }),
});

/** A call that was taken. */
export const hookAccepted = z
  .strictObject({
    status: z.literal("accepted"),
    execution_id: executionId.nullable().meta({ description: "Null where it could not be started yet: it will be." }),
    delivery_id: z.string(),
    replayed: z.boolean().meta({ description: "This delivery came before: nothing was started by it." }),
  })
  .meta({ id: "HookAccepted" });

/** What a synchronous webhook answers at the end, or what Slack asks for. */
export const hookEnded = z
  .union([
    z.strictObject({ status: z.literal("completed"), execution_id: executionId, outputs: jsonObject }),
    z.strictObject({ challenge: z.string() }),
  ])
  .meta({ id: "HookEnded" });
