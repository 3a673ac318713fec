import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Budget, PlanStep } from "../plan/types.ts";
import type { Principal } from "./authorization.ts";
import type { GraphState } from "./graph-state.ts";
import type {
  AttemptUsage,
  Ending,
  Hold,
  RunIdentity,
  RunStatus,
  Spent,
  StepStatus,
  StopReason,
  Wait,
} from "./types.ts";

/** How far a block of a container has come. */
export interface Tally {
  opened: number;
  settled: number;
  /** The first child whose failure nothing absorbed. */
  failure?: string;
  /** The child that was opened last. */
  last?: string;
}

/** What is kept of a settled iteration. */
export interface IterationResult {
  status: StepStatus;
  output: Json;
  error?: RunError;
}

/**
 * What an instance stands for. `step`: the step itself, or one iteration of its `for_each`. `loop`: the `for_each` around
 * it. `iteration`: one pass through the steps of a `forEach`. `shutdown`: a node's `on_shutdown`.
 */
export type Role = "step" | "loop" | "iteration" | "shutdown";

/**
 * A step (or loop iteration, or block) that has been opened in a run. The tree of instances is the whole execution state;
 * it is a fold of the events, and everything else (effects in flight, timers, records) is derived from it.
 */
export interface Instance {
  path: string;
  /** What was planned for it; null for the workflow itself. */
  step: PlanStep | null;
  role: Role;
  /** Path of the enclosing instance; null for the workflow itself. */
  parent: string | null;
  status: StepStatus;
  /** Number of the current (or last) attempt, from 1; 0 before the first, and of what never calls. */
  attempt: number;
  /** Evaluated input of a call, kept until it settles: a redispatch sends the same. */
  input?: Json;
  connection?: Json;
  cacheKey?: Json;
  output?: Json;
  error?: RunError;
  cached?: boolean;
  /** The execution behind a subworkflow step. */
  child?: string;
  /** The isolate that ran the last settled attempt, in an isolated execution. */
  isolate?: string;
  /** Loops: the evaluated items, and what became of them. */
  items?: Json[];
  results?: IterationResult[];
  /** Iterations: the position; the item stands in the loop's `items`. */
  index?: number;
  startedAt: number;
  finishedAt?: number;
  /** Subworkflow steps: epoch ms when the attempt began. */
  attemptAt?: number;
  /** Its service finishes the attempt later. Times are epoch ms. */
  task?: { since: number; due: number; heartbeatMs?: number; heartbeatDue?: number; usage?: AttemptUsage };
  /** Epoch ms when the next try is due, while `retrying`. */
  retryDue?: number;
  /** Epoch ms when the whole step has taken too long. */
  due?: number;
  wait?: Wait;
  /** `approval`: what was decided. */
  decided?: { decision: string; by: string | null; at: number; comment?: string };
  /** Attempts that ended in a wait for a connection: they do not count as tries. */
  connectionWaits?: number;
  /** Blocks: the one it is in (null: none), what decided that, the number of the try. */
  branch?: string | null;
  value?: Json;
  pass?: number;
  /** `try`: what the block failed with, while it is handled and after. */
  caught?: RunError;
  /** `try`: the error that goes on after `finally`. */
  pending?: RunError;
  /** Graph: the message that this visit is about. */
  message?: Json;
  /** Graph: what the visit set of the shared state, and of its node's. */
  assigned?: { set?: JsonObject; keep?: JsonObject };
  /** Its `compensate` has run, or has begun to. */
  undone?: true;
  /** Reported usage of all attempts, for guardrails. */
  spent?: Spent;
  /** Containers, by block. */
  tallies?: Record<string, Tally>;
  children?: string[];
}

/** An event that came before anybody waited for it. */
export interface KeptSignal {
  seq: number;
  name: string;
  payload: Json;
  channel?: string;
  path?: string;
}

/** What run attempts before this one left, as far as it may be kept: what the run comes to again is taken from here. */
export interface Former {
  instances: Map<string, Instance>;
  /** Containers that something in them has to be run again of: their decisions hold, they are gone through anew. */
  reopened: Set<string>;
  undoable: string[];
  /** What stands in for steps that are not run. */
  outputs: JsonObject;
}

/** All there is to know of a run; `apply` is the only writer. */
export interface RunState {
  identity: RunIdentity;
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
  actor: string | null;
  startedAt: number | null;
  finishedAt: number | null;
  /** What a queued run was given as its time limit. */
  timeoutMs?: number;
  deadline: number | null;
  /** How long it may take from its start or its retry on. */
  limitMs?: number;
  /** What it waits for before it starts, or while a spent budget has paused it. */
  hold: Hold | null;
  pausedAt: number | null;
  /** Who paused it, and why, where that is said. */
  paused?: { reason?: string; actor?: string };
  outputs: JsonObject | null;
  stopReason?: StopReason;
  error: RunError | null;
  /** The workflow itself as a container of its top-level steps; its path is empty. */
  root: Instance;
  /** Opened instances that are no loops: what the step limit counts. */
  steps: number;
  maxSteps?: number;
  /** What it has logged (`logSize`). */
  logChars: number;
  /** Opened instances by path, in order of opening (the root not among them). */
  instances: Map<string, Instance>;
  /** Those of `instances` that are not settled: what a restart dispatches and a cancel ends. */
  open: Map<string, Instance>;
  /** Of `open`: those that call or will call again, and those that wait. */
  busy: number;
  waiting: number;
  /** A block had more than one try, or a node more than one visit: paths say which. */
  revisited: boolean;
  signals: KeptSignal[];
  /** Ids of events and messages from outside that were taken. */
  signalIds: Set<string>;
  /** Acts with a key that were done: key → digest of what was asked. */
  acts: Map<string, string>;
  /** How many of them changed nothing (`act.noted`). */
  noted: number;
  former?: Former;
  budget: Budget;
  /** Its members that somebody raised when it was resumed. */
  raised: Set<string>;
  spent: Spent;
  graph: GraphState | null;
  /** Paths of completed steps with a `compensate`, in order of completion. */
  undoable: string[];
  /** The one that is being undone. */
  undoing: string | null;
  /** The run is lost: what it ends with when everything is undone. */
  ending: Ending | null;
  usage: { stepRuns: number } & Required<Pick<AttemptUsage, "compute_ms" | "egress_bytes">> & { ai_tokens: number };
}

/** True for an instance whose attempts go to a plugin, to another execution, or to a model. */
export function isCall({ step, role, attempt }: Instance): boolean {
  return role === "step" && attempt > 0 && step?.action !== undefined;
}

/** The count of a container's block; `""` counts the iterations of a loop. */
export function tallyOf(instance: Instance, block: string): Tally {
  instance.tallies ??= {};
  const known = instance.tallies[block];
  if (known) return known;
  const tally: Tally = { opened: 0, settled: 0 };
  instance.tallies[block] = tally;
  return tally;
}
