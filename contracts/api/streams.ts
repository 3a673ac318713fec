import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { isEventFilter } from "../event-types.ts";
import { durationUpTo } from "./durations.ts";
import { executionId } from "./executions.ts";
import { jsonObject, timestamp } from "./json-values.ts";

const LONGEST_TOKEN_MS = 600_000;

const eventFilter = z
  .string()
  .refine(isEventFilter, 'must be a type of event, or a family such as "step.*".')
  .meta({ example: "step.*" });

/** An origin as browsers send it: no path, no trailing slash. */
const origin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[\w.:[\]-]+$/, 'must be an origin such as "https://app.example.com".');

/** `POST /streams/tokens`. */
export const streamTokenBody = z
  .strictObject({
    execution_id: cleanText(200)
      .optional()
      .meta({ description: "What it opens; absent: every execution, and the tenant-wide stream." }),
    ttl: durationUpTo(LONGEST_TOKEN_MS, "10 minutes")
      .optional()
      .meta({ description: "How long streams may be opened with it: 60 s when absent. An open one goes on." }),
    types: z.array(eventFilter).min(1).max(50).optional().meta({ description: "Only these events." }),
    origins: z.array(origin).min(1).max(20).optional().meta({ description: "Pages that may use it." }),
    commands: z
      .boolean()
      .optional()
      .meta({ description: "Whether a WebSocket may act with it: the key needs `executions:write`." }),
  })
  .meta({ id: "CreateStreamToken", example: { ttl: "5m", types: ["step.*", "workflow.completed"] } });

export type StreamTokenBody = z.infer<typeof streamTokenBody>;

export const streamToken = z
  .strictObject({
    token: z.string(),
    expires_at: timestamp,
    url: z.string().meta({ description: "Path of the stream, with the token." }),
  })
  .meta({ id: "StreamToken" });

export type StreamToken = z.infer<typeof streamToken>;

/** Section 12. */
export const executionEvent = z
  .strictObject({
    id: z.int().meta({ description: "Sequence in the execution, from 1, without gaps." }),
    type: z.string().meta({ description: "Types that you do not know: ignore them." }),
    timestamp,
    workflow_id: z.string(),
    execution_id: executionId,
    step_name: z.string().nullable(),
    step_path: z.string().nullable(),
    data: jsonObject,
    percent: z.number().optional(),
    message: z.string().optional(),
  })
  .meta({ id: "ExecutionEvent" });

export const eventPage = z
  .strictObject({
    data: z.array(executionEvent),
    last: z.int().meta({ description: "Ask on with `after` set to this." }),
    ended: z.boolean().meta({ description: "The execution is over, and this is the end of its log." }),
  })
  .meta({ id: "EventPage" });

export const sequence = z
  .string()
  .regex(/^\d{1,15}$/, "must be the `id` of an event: a whole number.")
  .transform(Number)
  .optional()
  .meta({ type: "integer", minimum: 0, description: "Only events after this sequence." });

const wait = z
  .string()
  .regex(/^\d{1,3}$/, "must be a number of seconds from 0 to 120.")
  .transform(Number)
  .refine((seconds) => seconds <= 120, "must be a number of seconds from 0 to 120.")
  .optional()
  .meta({ type: "integer", minimum: 0, maximum: 120, description: "Wait for the next event up to so many seconds." });

const types = z
  .string()
  .max(2_000)
  .transform((text) => text.split(",").map((it) => it.trim()))
  .refine((list) => list.every(isEventFilter), 'must be types of events, or families such as "step.*", with commas.')
  .optional()
  .meta({ description: "Only these, with commas: `step.*,log`. Absent: the workflow's `execution.streaming.events`." });

const step = cleanText(1_000)
  .optional()
  .meta({ description: "Only events of this step, its iterations, and what is inside of it." });

/** `GET …/{id}/events`. */
export const eventsQuery = z.strictObject({ after: sequence, wait, types, step });
/** `GET …/{id}/stream`. */
export const streamQuery = z.strictObject({
  after: sequence,
  types,
  step,
  acks: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: "The client acknowledges what it has: it is sent a window at a time from the start." }),
});
/** `GET …/{id}/logs`. */
export const logsQuery = z.strictObject({
  after: sequence,
  wait,
  step,
  level: z.enum(["debug", "info", "warn", "error"]).optional().meta({ description: "This level and graver." }),
});

/** `GET /events/stream`. */
export const feedStreamQuery = z.strictObject({
  after: cleanText(200).optional().meta({ description: "Only events after this `id`. Absent: from now on." }),
  types: types.meta({ description: "Only these, with commas: `step.*,workflow.completed`. Absent: all." }),
  workflow: cleanText(200).optional().meta({ description: "Only of the workflow of this slug." }),
  execution: cleanText(200).optional().meta({ description: "Only of this execution." }),
});
