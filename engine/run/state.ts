import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Principal } from "./authorization.ts";
import type { AttemptUsage, RunIdentity, RunStatus, StepStatus } from "./types.ts";

/**
 * A step (or loop iteration, or block) that has been opened in a run. The tree of instances is the whole execution state;
 * it is a fold of the events, and everything else (effects in flight, timers, records) is derived from it.
 */
export interface Instance {
  path: string;
  /** Static address: key into `plan.byAddress`. */
  address: string;
  /** Path of the enclosing instance; null at the top level. */
  parent: string | null;
  status: StepStatus;
  /** Number of the current (or last) attempt, from 1; 0 before the first. */
  attempt: number;
  /** Evaluated input of a leaf, kept until it settles: a redispatch sends the same. */
  input?: Json;
  connection?: Json;
  output?: Json;
  error?: RunError;
  cached?: boolean;
  /** The isolate that ran the last settled attempt, in an isolated execution. */
  isolate?: string;
  /** Loop wrapper: its evaluated items. */
  items?: Json[];
  /** Loop iteration: its position; the item stands in the wrapper's `items`. */
  index?: number;
  startedAt: number;
  finishedAt?: number;
  /** Epoch ms when the next try is due, while `retrying`. */
  retryDue?: number;
  /** Containers: children opened and settled so far, and the first child whose failure nothing absorbed. */
  opened: number;
  settled: number;
  failure?: string;
}

/** A leaf has attempts; a container never has one. */
export function isLeaf(instance: Instance): boolean {
  return instance.attempt > 0;
}

/** All there is to know of a run; `apply` is the only writer. */
export interface RunState {
  readonly identity: RunIdentity;
  status: RunStatus;
  /** Sequence of the last event. */
  seq: number;
  /** Time of the last event: time never runs backwards in a run. */
  at: number;
  inputs: JsonObject;
  env: JsonObject;
  trigger: Json;
  /** Who started it; nobody where no step asks. */
  principal: Principal;
  startedAt: number | null;
  finishedAt: number | null;
  deadline: number | null;
  outputs: JsonObject | null;
  error: RunError | null;
  /** The workflow itself as a container of its top-level steps; its path is empty. */
  root: Instance;
  /** Opened instances that are no loops: what the step limit counts. */
  steps: number;
  /** Opened instances by path, in order of opening (the root not among them). */
  instances: Map<string, Instance>;
  /** Those of `instances` that are not settled: what a restart dispatches and a cancel ends. */
  open: Map<string, Instance>;
  usage: { stepRuns: number } & Required<Pick<AttemptUsage, "compute_ms" | "egress_bytes">> & { ai_tokens: number };
}
