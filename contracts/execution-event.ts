import type { Json, JsonObject } from "../engine/json.ts";
import { maskedInput } from "../engine/fixtures/masked-input.ts";
import type { Plan } from "../engine/plan/types.ts";
import { addressOf } from "../engine/run/path.ts";
import type { StampedEvent } from "../engine/run/types.ts";

/**
 * One event of an execution as every transport carries it: polling, SSE, WebSocket, webhooks (section 12). Clients ignore
 * types that they do not know.
 */
export interface ExecutionEvent {
  /** Its sequence in the execution: from 1, without gaps. */
  id: number;
  type: string;
  /** ISO 8601 UTC: the time of the transition. */
  timestamp: string;
  /** The workflow's slug. */
  workflow_id: string;
  execution_id: string;
  /** Null for events of the whole execution. */
  step_name: string | null;
  /** Run-time path: `fetch[2]` is an iteration, `node@3` a visit. */
  step_path: string | null;
  data: JsonObject;
  /** Of `step.progress`; stand in `data` too. */
  percent?: number;
  message?: string;
}

/** What a run keeps for itself: who may do what, values of the environment, and by what a repeated act is known. */
const PRIVATE: ReadonlySet<string> = new Set(["type", "seq", "at", "path", "principal", "env", "cacheKey", "act"]);

/** A stored event as readers see it. Marked secrets are `***`. */
export function executionEvent(plan: Plan, executionId: string, event: StampedEvent): ExecutionEvent {
  const path = "path" in event && event.path !== undefined ? event.path : null;
  const step = path === null ? undefined : plan.byAddress.get(addressOf(path));
  const shown: ExecutionEvent = {
    id: event.seq,
    type: event.type,
    timestamp: new Date(event.at).toISOString(),
    workflow_id: plan.definition.slug,
    execution_id: executionId,
    step_name: path === null ? null : (step?.definition.name ?? step?.id ?? path),
    step_path: path,
    data: dataOf(event),
  };
  if (event.type === "step.progress") {
    if (event.percent !== undefined) shown.percent = event.percent;
    if (event.message !== undefined) shown.message = event.message;
  }
  return shown;
}

function dataOf(event: StampedEvent): JsonObject {
  const data: JsonObject = {};
  for (const [name, value] of Object.entries(event) as [string, Json | undefined][]) {
    if (value !== undefined && !PRIVATE.has(name)) data[name] = maskedInput(value).value;
  }
  return data;
}

/** Types that end an execution, for its `run_attempt`. */
export const TERMINAL_EVENTS: ReadonlySet<string> = new Set([
  "workflow.completed",
  "workflow.failed",
  "workflow.canceled",
  "workflow.timed_out",
]);
