import * as z from "zod";
import { RUN_STATUSES, STEP_STATUSES } from "../../engine/run/types.ts";
import { RUN_ERROR_CODES } from "../../engine/errors.ts";
import { cleanText } from "../clean-text.ts";
import { budget } from "./budget.ts";
import { duration, farDuration } from "./durations.ts";
import { jsonObject, jsonValue, timestamp } from "./json-values.ts";
import { overrides } from "./overrides.ts";
import { pageOf, pageQuery } from "./pages.ts";

export const executionMode = z.enum(["sync", "async", "isolated"]);
export const executionId = z.string().meta({ example: "exec_06c2x5r1y8000zq3v7k1m9e2w4t6b8d0a1c3f5h7" });

/** Section 11: the body of a start. Members of later chapters are known here, so that a refusal can say what they are. */
export const startBody = z
  .strictObject({
    workflow: cleanText(300)
      .optional()
      .meta({ description: "Slug of a published workflow, `@version` allowed.", example: "weather-report" }),
    definition: jsonObject.optional().meta({ description: "An inline workflow." }),
    workflow_name: cleanText(200)
      .optional()
      .meta({ description: "Which workflow of an inline definition that holds several." }),
    inputs: jsonObject.optional(),
    execution_mode: executionMode.optional(),
    timeout: duration.optional().meta({ description: "How long a `sync` call waits: at most 120 s." }),
    overrides: overrides.optional().meta({ description: "Changes this run alone, in whatever version it runs." }),
    config_override: z.looseObject(overrides.shape).optional().meta({ description: "Another name of `overrides`." }),
    metadata: jsonObject.optional(),
    callback_url: z.string().max(2_000).optional().meta({
      description: "Where the end is told, signed by Standard Webhooks. https.",
      example: "https://a.example/done",
    }),
    budget: budget.optional().meta({ description: "Over the workflow's `budget`, member by member." }),
    priority: z
      .int()
      .min(-100)
      .max(100)
      .optional()
      .meta({ description: "Higher goes first where executions queue for a concurrency key; 0 when absent." }),
    delay: farDuration.optional().meta({ description: "It begins so much later: at most 366 days." }),
    start_at: z.iso
      .datetime({ offset: true, error: "must be a time in ISO 8601." })
      .optional()
      .meta({ description: "It begins then; in the past: at once. Not together with `delay`." }),
  })
  .meta({
    id: "StartExecution",
    example: { workflow: "weather-report", inputs: { locations: ["Berlin"] }, execution_mode: "sync", timeout: 30 },
  });

export type StartBody = z.infer<typeof startBody>;

/** What a YAML body may carry in its second document: the JSON body without the workflow itself. */
export const startOptions = startBody.omit({ workflow: true, definition: true });

export const runError = z
  .strictObject({ code: z.enum(RUN_ERROR_CODES), message: z.string(), details: jsonObject.optional() })
  .meta({ id: "RunError" });

/** How a long-running graph came to its end. */
const stopReason = z.enum(["shutdown", "until", "idle", "budget"]);

const waitingFor = jsonObject.meta({
  description:
    "What is waited for: `kind` is budget, concurrency (`key` or `limit`, `max`, `position`), event, time, approval, retry, connection, task, execution or resume; the other members say which, and until when.",
  example: { kind: "approval", step: "sign_off", approvers: ["finance"] },
});

export const stepRecord = z
  .strictObject({
    id: z.string(),
    path: z.string().meta({ example: "fetch_weather[2]" }),
    name: z.string(),
    type: z.string(),
    status: z.enum(STEP_STATUSES),
    attempt: z.int(),
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    output: jsonValue,
    error: z.union([runError, z.null()]),
    cached: z.boolean().optional(),
    waiting_for: waitingFor.optional(),
    execution_id: executionId.optional().meta({ description: "The execution that a subworkflow step started." }),
    isolate: z.string().optional().meta({
      description: "The isolate that ran the step. Only in an isolated execution, whose isolates serve no other.",
    }),
  })
  .meta({ id: "Step" });

export const usage = z
  .strictObject({
    executions: z.number(),
    step_runs: z.number(),
    compute_ms: z.number(),
    egress_bytes: z.number(),
    ai_tokens: z.number(),
  })
  .meta({ id: "Usage" });

const outcome = z.enum(RUN_STATUSES);

/** `GET /workflows/executions/{id}` and a finished `sync` start. */
export const executionRecord = z
  .strictObject({
    execution_id: executionId,
    status: outcome,
    phase: z.literal("compensating").optional().meta({ description: "Lost, and undoing what it did before it ends." }),
    workflow: z.strictObject({ name: z.string(), version: z.string(), slug: z.string() }),
    execution_mode: executionMode,
    inputs: jsonObject,
    progress: z.strictObject({ completed: z.int(), total: z.int(), message: z.string() }),
    result: z.strictObject({ outputs: jsonObject, stop_reason: stopReason.optional() }).optional(),
    error: runError.optional(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    elapsed_ms: z.number(),
    steps: z.array(stepRecord),
    usage,
    run_attempt: z.int(),
    last_event_id: z
      .int()
      .meta({ description: "The newest event that it shows: a stream with `after` set to this misses nothing." }),
    metadata: jsonObject.optional(),
    waiting_for: waitingFor.optional(),
    parent: z
      .strictObject({ execution_id: executionId, step: z.string() })
      .optional()
      .meta({ description: "The step that started it as a subworkflow." }),
  })
  .meta({ id: "Execution" });

export const accepted = z
  .strictObject({
    status: z.literal("pending"),
    execution_id: executionId,
    poll_url: z.string().meta({ example: "/workflows/executions/exec_…" }),
    stream_url: z.string(),
    cancel_url: z.string(),
  })
  .meta({ id: "Accepted" });

export const listExecutionsQuery = z.strictObject({
  status: outcome.optional(),
  workflow: cleanText(200).optional(),
  since: z.iso.datetime({ offset: true, error: "must be a time in ISO 8601." }).optional(),
  until: z.iso.datetime({ offset: true, error: "must be a time in ISO 8601." }).optional(),
  q: cleanText(200).optional().meta({ description: "Part of the id or of the workflow's name." }),
  ...pageQuery,
});

export const executionSummary = z
  .strictObject({
    execution_id: executionId,
    status: outcome,
    workflow: z.strictObject({ name: z.string(), version: z.string(), slug: z.string() }),
    execution_mode: executionMode,
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
    elapsed_ms: z.number(),
    error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
    usage,
    run_attempt: z.int(),
  })
  .meta({ id: "ExecutionSummary" });

export type ExecutionSummary = z.infer<typeof executionSummary>;

export const executionPage = pageOf(executionSummary)
  .extend({ as_of: timestamp.meta({ description: "Changes up to this time are in the list." }) })
  .meta({ id: "ExecutionPage" });

export const batchBody = z
  .strictObject({ items: z.array(jsonObject).min(1).max(1_000) })
  .meta({ id: "StartBatch", example: { items: [{ workflow: "weather-report", inputs: { locations: ["Berlin"] } }] } });

export const batchAnswer = z
  .strictObject({
    data: z.array(
      z.union([
        z.strictObject({
          index: z.int(),
          status: z.literal("accepted"),
          execution_id: executionId,
          poll_url: z.string(),
        }),
        z.strictObject({
          index: z.int(),
          status: z.literal("error"),
          code: z.string(),
          message: z.string(),
          details: jsonObject.optional(),
        }),
      ]),
    ),
  })
  .meta({ id: "BatchAnswer" });

export type BatchAnswer = z.infer<typeof batchAnswer>;

export const executeBody = z
  .strictObject({
    action: cleanText(300).meta({ description: "`slug.action` or `namespace/name.action`, `@version` allowed." }),
    input: jsonObject.optional(),
    connection: cleanText(200).optional().meta({
      description: "Name or id of the connection to use; the connector's only one, or its `default`, when left out.",
    }),
    context: jsonObject
      .optional()
      .meta({ description: "Accepted from hybrid SDKs; the platform makes its own context." }),
  })
  .meta({ id: "ExecuteAction", example: { action: "calculator.add", input: { a: 1, b: 2 } } });

export const executeAnswer = z
  .strictObject({ status: z.literal("success"), data: jsonValue, execution_id: executionId })
  .meta({ id: "ExecuteAnswer" });
