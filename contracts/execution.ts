import type { RunError } from "../engine/errors.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import type { RunStatus, StepStatus, StopReason } from "../engine/run/types.ts";

export type Environment = "live" | "test";
export type ExecutionMode = "sync" | "async" | "isolated";

/** A step in an execution's record (section 20). Times are ISO 8601 UTC. */
export interface StepRecord {
  id: string;
  /** Run-time path: `fetch_weather[2]` is an iteration, `node@3` a visit, `block~2.send` a step of a second try. */
  path: string;
  name: string;
  type: string;
  status: StepStatus;
  attempt: number;
  started_at: string | null;
  finished_at: string | null;
  output: Json;
  error: RunError | null;
  cached?: boolean;
  /** What a step with status `waiting` waits for: `{kind, …}`. */
  waiting_for?: JsonObject;
  /** The execution that a subworkflow step started. */
  execution_id?: string;
  /** Random id of the isolate that ran the step; only in an isolated execution, whose isolates serve no other. */
  isolate?: string;
}

/** Meters of section 16. */
export interface UsageRecord {
  executions: number;
  step_runs: number;
  compute_ms: number;
  egress_bytes: number;
  ai_tokens: number;
}

/** What `GET /workflows/executions/{id}` answers (section 11). */
export interface ExecutionRecord {
  execution_id: string;
  status: RunStatus;
  /** Lost, and undoing what it did before it ends. */
  phase?: "compensating";
  workflow: { name: string; version: string; slug: string };
  execution_mode: ExecutionMode;
  inputs: JsonObject;
  progress: { completed: number; total: number; message: string };
  /** `stop_reason`: of a long-running graph. */
  result?: { outputs: JsonObject; stop_reason?: StopReason };
  error?: RunError;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  elapsed_ms: number;
  steps: StepRecord[];
  usage: UsageRecord;
  run_attempt: number;
  /** Sequence of the newest event that it shows: a stream from there on misses nothing. */
  last_event_id: number;
  metadata?: JsonObject;
  /** What it waits for while its status is pending, waiting or paused: `{kind, …}`. */
  waiting_for?: JsonObject;
  /** The step that started it as a subworkflow. */
  parent?: { execution_id: string; step: string };
}
