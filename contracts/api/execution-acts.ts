import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { budget } from "./budget.ts";
import { durationUpTo, farDuration } from "./durations.ts";
import { executionId } from "./executions.ts";
import { jsonObject, jsonValue } from "./json-values.ts";

/*
 * The bodies and answers of what is done to an execution that exists (sections 11 and 20). Those that change its course
 * answer its record; those that hand it something answer that it has been taken.
 */

const reason = cleanText(500).optional();

export const cancelBody = z
  .strictObject({
    reason,
    compensate: z
      .boolean()
      .optional()
      .meta({ description: "Undoes completed steps that carry a `compensate` before it ends." }),
  })
  .meta({ id: "CancelExecution", example: { reason: "the order was withdrawn", compensate: true } });

export const pauseBody = z
  .strictObject({ reason })
  .meta({ id: "PauseExecution", example: { reason: "upstream is being repaired" } });

export const retryBody = z
  .strictObject({
    from_step: cleanText(1_000).optional().meta({
      description: "Id or run-time path of the step or iteration to begin with. Without it: what was not completed.",
    }),
    inputs: jsonObject.optional().meta({ description: "Inputs that are changed; the others stay." }),
    outputs: z
      .record(z.string().min(1).max(1_000), jsonValue)
      .optional()
      .meta({ description: "By id or path of a step: what it gives, without being run." }),
    version: cleanText(100)
      .optional()
      .meta({ description: "Another published version of the workflow to go on with; `latest` for the newest." }),
  })
  .meta({ id: "RetryExecution", example: { from_step: "charge[2]", inputs: { card: "tok_2" } } });

export type RetryBody = z.infer<typeof retryBody>;

export const migrateBody = z
  .strictObject({
    version: cleanText(100).meta({ description: "A published version of its workflow; `latest` for the newest." }),
    inputs: jsonObject.optional().meta({ description: "Inputs that are changed; the others stay." }),
    dry_run: z.boolean().optional().meta({ description: "Only says whether it could, and what that would mean." }),
  })
  .meta({ id: "MigrateExecution", example: { version: "1.2.0", dry_run: true } });

export type MigrateBody = z.infer<typeof migrateBody>;

const addresses = z.array(z.string());

export const migration = z
  .strictObject({
    execution_id: executionId,
    status: z.string(),
    from: z.string().meta({ description: "The version that it ran in." }),
    to: z.string(),
    migrated: z.boolean(),
    compatible: z.boolean(),
    problems: z.array(z.strictObject({ path: z.string(), reason: z.string(), message: z.string() })),
    open: addresses.meta({ description: "Steps under way, which go on as they began." }),
    added: addresses,
    removed: addresses,
    changed: addresses,
  })
  .meta({ id: "Migration" });

export const resumeBody = z
  .strictObject({ budget: budget.optional().meta({ description: "Raises the budget that was spent." }) })
  .meta({ id: "ResumeExecution", example: { budget: { max_tokens: 400_000 } } });

export const shutdownBody = z
  .strictObject({
    graceful: z
      .boolean()
      .default(true)
      .meta({ description: "Every node finishes the message in hand; false: what is in hand is canceled." }),
    deadline: farDuration.optional().meta({ description: "How long a graceful one waits for that." }),
  })
  .meta({ id: "ShutDownExecution", example: { graceful: true, deadline: "30s" } });

export const eventBody = z
  .strictObject({
    name: cleanText(200),
    payload: jsonValue.optional(),
    channel: cleanText(200).optional().meta({ description: "Compared when the wait names one." }),
  })
  .meta({ id: "SendEvent", example: { name: "payment.received", payload: { order: "A-17", amount: 40 } } });

export const messageBody = z
  .strictObject({
    node: cleanText(200),
    payload: jsonValue.optional(),
    timeout: durationUpTo(30_000, "30 seconds").optional().meta({
      description: "How long to wait for room in a full mailbox that blocks: 10 s when absent, at most 30 s.",
    }),
  })
  .meta({ id: "SendMessage", example: { node: "counter", payload: { add: 3 } } });

/** The execution, and those that its steps started, are gone for good. */
export const purged = z
  .strictObject({
    execution_id: executionId,
    status: z.literal("purged"),
    executions: z.array(executionId).meta({ description: "It, and the executions that its steps started." }),
  })
  .meta({ id: "Purged" });

export type PurgedExecution = z.infer<typeof purged>;

/** An event or a message has been stored with the execution. */
export const taken = z.strictObject({ status: z.literal("accepted"), execution_id: executionId }).meta({ id: "Taken" });

const decision = z.enum(["approve", "reject"]);

export const decisionBody = z
  .strictObject({ decision, comment: z.string().max(2_000).optional() })
  .meta({ id: "Decide", example: { decision: "approve", comment: "within budget" } });

export type DecisionBody = z.infer<typeof decisionBody>;

export const decided = z
  .strictObject({
    execution_id: executionId,
    step: z.string(),
    decision,
    by: z.string().meta({ description: "Id of the key that decided." }),
    comment: z.string().nullable(),
  })
  .meta({ id: "Decision" });

export type Decision = z.infer<typeof decided>;
