import * as z from "zod";
import { jsonValue } from "./json-values.ts";

/* What a service sends to finish an attempt later (section 8): the token in the path is its credential. */

export const taskParams = z.object({ task_token: z.string().min(1).max(8_000) });

export const completeTaskBody = z
  .looseObject({
    data: jsonValue.optional().meta({ description: "The action's output." }),
    status: z
      .enum(["success", "error"])
      .optional()
      .meta({ description: "Of a whole envelope, as POST /execute answers it." }),
  })
  .meta({ id: "CompleteTask" });
export type CompleteTaskBody = z.infer<typeof completeTaskBody>;

export const failTaskBody = z
  .looseObject({
    code: z.string().max(200).optional(),
    message: z.string().max(10_000).optional(),
    details: jsonValue.optional(),
  })
  .meta({ id: "FailTask" });
export type FailTaskBody = z.infer<typeof failTaskBody>;

export const heartbeatBody = z.looseObject({}).meta({ id: "TaskHeartbeat" });

export const progressTaskBody = z
  .looseObject({
    percent: z.number().min(0).max(100).optional(),
    message: z.string().max(10_000).optional(),
  })
  .meta({ id: "TaskProgress" });

export const taskTaken = z.strictObject({ status: z.literal("accepted") }).meta({ id: "TaskAccepted" });
