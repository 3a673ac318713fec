import type { PinnedAction } from "../connector.ts";
import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Principal } from "./authorization.ts";
import type { ActId, MigrateInput, Migrated, Noted, Retried, RetryCommand, Signal } from "./going-on.ts";
import type { LogLine } from "./log-line.ts";

export const RUN_STATUSES = [
  "pending",
  "running",
  "waiting",
  "paused",
  "completed",
  "failed",
  "canceled",
  "timed_out",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const STEP_STATUSES = [
  "pending",
  "queued",
  "running",
  "waiting",
  "retrying",
  "completed",
  "failed",
  "skipped",
  "canceled",
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

/** Token counts and cost that a service may report with a success (section 20). */
export interface ReportedUsage {
  input_tokens?: number;
  output_tokens?: number;
  cost?: number;
}

/** What an attempt cost, measured by the plugin Worker: recorded with the transition that settles it (section 16). */
export interface AttemptUsage extends ReportedUsage {
  compute_ms: number;
  egress_bytes: number;
  /** Which isolate ran the attempt; only of an isolated execution (section 11). */
  isolate?: string;
}

/** What a step waits for. Times are epoch ms. */
export type Wait =
  | { kind: "time"; waitType: "duration" | "time"; due: number }
  | { kind: "event"; event: string; key?: string; channel?: string; filter?: JsonObject; due?: number }
  /** Somebody has to make the connection that the step's call needs, at `connectUrl`. `wanted`: what the call asked for. */
  | { kind: "connection"; connector: string; wanted?: string; endUser?: string; connectUrl: string; due: number }
  /** `gate`: the step itself comes after the decision (`authorization.approval`). */
  | {
      kind: "approval";
      approvers: string[];
      message?: Json;
      /** How long it may wait, in ms: as long again when it escalates. */
      timeoutMs?: number;
      due?: number;
      onTimeout: "reject" | "allow" | "escalate";
      allowSelf: boolean;
      gate?: boolean;
      escalated?: boolean;
    };

export type EventWait = Extract<Wait, { kind: "event" }>;

/** What a run that is not running yet, or not any more, waits for (`waiting_for`, section 20). */
export type Hold =
  | { kind: "time"; due: number; then?: { kind: "concurrency"; key: string } }
  | { kind: "concurrency"; key: string }
  /** As many executions run as the tenant may have. */
  | { kind: "capacity"; limit: number }
  | { kind: "budget"; budget: string; used: number; limit: number; due: number };

/** What a run starts with. */
export interface StartData {
  inputs: JsonObject;
  env?: JsonObject;
  trigger?: Json;
  principal?: Principal;
  /** Key or user id of who started it: may not decide its own approvals. */
  actor?: string;
  /** Members of the workflow's budget that the start changes, as written. */
  budget?: JsonObject;
  maxSteps?: number;
}

/** How a run ends once its compensations have run. */
export interface Ending {
  status: "failed" | "canceled" | "timed_out";
  error: RunError;
  actor?: string;
}

/** Why a long-running graph ended (section 20). */
export type StopReason = "shutdown" | "until" | "idle" | "budget";

/**
 * One fact of a run: what is appended, folded and shown to readers. A fact carries all that a fold needs, so `apply`
 * evaluates nothing. `path` is the step's run-time path (`run/path.ts`), e.g. `fetch_weather[2]`, `node@3`, `block~2.send`.
 */
export type EngineEvent =
  /** It exists, and waits for its time or its turn. Without inputs: it has waited for something else before. */
  | ({ type: "workflow.queued"; timeoutMs?: number; hold: Hold } & Partial<StartData>)
  /** Without inputs: it was queued with them. */
  | ({ type: "workflow.started"; deadline?: number } & Partial<StartData>)
  | { type: "workflow.waiting"; waiting_for: JsonObject }
  | { type: "workflow.paused"; reason?: string; actor?: string; hold?: Hold; act?: ActId }
  | { type: "workflow.resumed"; actor?: string; budget?: JsonObject; act?: ActId }
  | Migrated
  | Retried
  /** A long-running graph begins no further visit. */
  | { type: "workflow.stopping"; reason: StopReason; graceful: boolean; deadline?: number; actor?: string; act?: ActId }
  | Noted
  /** The run is lost, and undoes what it did before it ends. */
  | { type: "workflow.compensating"; ending: Ending; act?: ActId }
  /**
   * A container opened (attempt 0), or an attempt of a step that calls was dispatched (attempt from 1). `branch` is the
   * block it goes into (null: none), `value` what decided that; `due` is the time limit of the whole step.
   */
  | {
      type: "step.started";
      path: string;
      attempt: number;
      input?: Json;
      items?: Json[];
      connection?: Json;
      branch?: string | null;
      value?: Json;
      due?: number;
      /** What its cached output is kept under, where that is not the input. */
      cacheKey?: Json;
    }
  /** A container goes into another of its blocks: another try, `catch`, `finally`. */
  | { type: "block.entered"; path: string; block: string; pass: number; error?: RunError }
  /** One iteration of a `forEach` step begins. */
  | { type: "iteration.started"; path: string }
  /** `usage`: of an attempt whose connection turned out to be over when it had been used. */
  | { type: "step.waiting"; path: string; wait: Wait; due?: number; usage?: AttemptUsage }
  | {
      type: "step.retrying";
      path: string;
      attempt: number;
      error: RunError;
      due: number;
      usage?: AttemptUsage;
      spent?: Spent;
    }
  /**
   * Loops and parallel lists carry no output: it is gathered from their children when the event is applied. `signal` is the
   * sequence of the event that it consumed; `set` and `keep` are what a graph node changes with it.
   */
  | {
      type: "step.completed";
      path: string;
      output?: Json;
      usage?: AttemptUsage;
      spent?: Spent;
      cached?: boolean;
      /** Somebody gave the output, with a retry: the step was not run. */
      overridden?: boolean;
      signal?: number;
      set?: JsonObject;
      keep?: JsonObject;
    }
  | { type: "step.failed"; path: string; error: RunError; usage?: AttemptUsage; spent?: Spent; signal?: number }
  | { type: "step.skipped"; path: string }
  /** `spent`: of a subworkflow that is given up, what it has spent until then. */
  | { type: "step.canceled"; path: string; usage?: AttemptUsage; spent?: Spent }
  /** The service answered that it will finish later: until `due`, and heard of until `heartbeat_due` (epoch ms). */
  | {
      type: "step.pending";
      path: string;
      due: number;
      heartbeat_ms?: number;
      heartbeat_due?: number;
      usage?: AttemptUsage;
    }
  | { type: "step.heartbeat"; path: string; heartbeat_due: number }
  /** It stays, with all that is in it, as an earlier run attempt left it. */
  | { type: "step.kept"; path: string }
  | { type: "step.progress"; path: string; percent?: number; message?: string }
  /** The execution that a subworkflow step started. */
  | { type: "step.linked"; path: string; execution_id: string }
  | { type: "step.compensating"; path: string }
  | { type: "step.compensated"; path: string; error?: RunError }
  | ({ type: "signal.received" } & Signal)
  | {
      type: "approval.decided";
      path: string;
      decision: "approve" | "reject" | "escalate";
      by: string | null;
      comment?: string;
      due?: number;
      act?: ActId;
    }
  /** A message is in a node's mailbox: from outside (`payload`), of a visit (`from`: its path), or the inputs (`from: ""`). */
  | {
      type: "message.accepted";
      node: string;
      payload?: Json;
      id?: string;
      from?: string;
      tick?: true;
      actor?: string;
      act?: ActId;
    }
  | { type: "message.dropped"; node: string; reason: "oldest" | "rejected"; from?: string }
  /** The mailbox is full: the visit's node waits with it. */
  | { type: "message.held"; node: string; from: string }
  /** A visit's output went nowhere. */
  | { type: "node.idle"; path: string }
  /** `full`: the execution may log nothing more. */
  | { type: "log"; path?: string; level: string; message: string; context?: JsonObject; full?: true }
  | { type: "workflow.completed"; outputs: JsonObject; stop_reason?: StopReason }
  | { type: "workflow.failed"; error: RunError }
  | { type: "workflow.canceled"; error: RunError; actor?: string; act?: ActId }
  | { type: "workflow.timed_out"; error: RunError };

/** A stored event: its gapless sequence in the run (from 1) and the time of the transition that made it (epoch ms). */
export type StampedEvent = EngineEvent & { seq: number; at: number };

/** What a run asks of its host. Performed only after the events of the same transition are durable. */
export type Effect =
  | { type: "callAction"; call: ActionCall }
  /** The call's result is no longer wanted: abort it if it is in flight. */
  /** `compensate`: the run undoes what it did, and so does an execution that this call started. */
  | { type: "abortCall"; path: string; attempt: number; compensate?: true }
  /** Deliver `{type: "timer", name}` at or after `due`. Setting a name again replaces it. */
  | { type: "setTimer"; name: string; due: number }
  | { type: "clearTimer"; name: string }
  /** The step at `path` waits for an event of this key, from anywhere in the tenant: deliver it as a signal with that path. */
  | { type: "awaitEvent"; path: string; wait: EventWait }
  | { type: "forgetEvent"; path: string }
  /** The transition stopped at its work bound: deliver `{type: "continue"}` soon. */
  | { type: "continue" };

/** One attempt of one action, as the host hands it to a plugin Worker. */
export interface ActionCall {
  path: string;
  stepId: string;
  attempt: number;
  action: PinnedAction;
  input: Json;
  /** Name or id of the connection, when the step or connector names one. */
  connection?: Json;
  /** What the connector declared that it needs of the run: `inputs`, `previous_steps` (section 17). Nothing else of it. */
  given?: JsonObject;
  /** Equal over attempts and crashes: `execution:run_attempt:path` (section 20). */
  idempotencyKey: string;
  timeoutMs: number;
  /** The step waits so long (ms) for a connection that is missing: the failure then says where one can be made. */
  connectionWaitMs?: number;
  /** Key into `plan.subworkflow`: the call is an execution of that workflow, of its own. */
  workflow?: string;
  /** The output may come from the cache, and goes there: the tenant's, the workflow's and the step's, under this key. */
  cache?: { key: string; ttlMs: number };
  /** Epoch ms when this attempt is given up: the host answers TIMEOUT itself when nothing has come by then. */
  deadline: number;
  /** An output in which a secret came back is not kept, masked or not: the attempt fails with VALIDATION. */
  blockOnExposure?: boolean;
  /** Where the step asks to run; the host answers UNAVAILABLE where it has no such worker. */
  target?: "local" | "cloud" | "self_hosted";
}

export type ActionResult =
  | {
      ok: true;
      output: Json;
      usage?: AttemptUsage;
      /** It came from the cache: nothing was called. */
      cached?: boolean;
      /** What a subworkflow spent: its own execution is metered, its parent's budget counts it too. */
      spent?: Spent;
      /** What the attempt said: recorded with its result. */
      logs?: LogLine[];
    }
  | {
      ok: false;
      error: RunError;
      /** From upstream's Retry-After. */
      retryAfterMs?: number;
      /** Sent, but no answer: crash, timeout, reset. */
      outcomeUnknown?: boolean;
      /** Trying again cannot help, whatever the policy says: nothing here can run it. */
      permanent?: boolean;
      /** The service took it and will finish later: no failure where the host can wait for that. */
      pending?: PendingTask;
      usage?: AttemptUsage;
      spent?: Spent;
      logs?: LogLine[];
    };

/** What a service says that finishes later (section 8). */
export interface PendingTask {
  /** It says so often that it is still at it; else it is given up. */
  heartbeatMs?: number;
  /** Sealed, for the host alone: what the service was given, by which its result is masked. No event holds it. */
  revealed?: string;
}

export interface Spent {
  tokens: number;
  cost: number;
  /** Of subworkflows, and of theirs. */
  steps?: number;
}

/** What happens to a run. `now` is always given beside it. */
export type EngineInput =
  /** `principal` is needed where a step has an `authorization`; without one such a step is refused. */
  | ({
      type: "start";
      timeoutMs?: number;
      /** It may not begin yet: until `due`, or until `release`. */
      hold?: Hold;
      /** The host could not begin the run otherwise: it ends with this before its first step. */
      failure?: RunError;
    } & StartData)
  | { type: "result"; path: string; attempt: number; result: ActionResult }
  | { type: "timer"; name: string }
  | { type: "continue" }
  | RunCommand
  | MigrateInput
  /** The host gives the run up: it was quarantined, or a bug or a storage limit stopped it. */
  | { type: "fail"; error: RunError }
  | { type: "progress"; path: string; attempt: number; percent?: number; message?: string }
  /** The service that finishes the attempt later is still at it. */
  | { type: "heartbeat"; path: string; attempt: number }
  | { type: "linked"; path: string; attempt: number; executionId: string }
  /** With `attempt`, only while that attempt of the step at `path` is the current one. */
  | { type: "log"; path?: string; attempt?: number; level: string; message: string; context?: JsonObject };

/** How somebody outside steers an execution that exists. All of them are harmless when they come twice; with `act`, they count once. */
export type RunCommand =
  /** `compensate: true` undoes completed steps that carry a `compensate` before it ends (section 20). */
  | { type: "cancel"; reason?: string; actor?: string; compensate?: boolean; act?: ActId }
  | { type: "pause"; reason?: string; actor?: string; act?: ActId }
  /** `budget` raises the one that was spent (section 20). */
  | { type: "resume"; actor?: string; budget?: JsonObject; act?: ActId }
  /** Ends a long-running graph: graceful lets every node finish the message in hand, at most until `deadlineMs` from now. */
  | { type: "shutdown"; graceful?: boolean; deadlineMs?: number; actor?: string; act?: ActId }
  /** An event. With `id`, once; with `path`, only for the wait at that path (a keyed event, section 20). */
  | ({ type: "signal" } & Signal)
  /** For the mailbox of a node of a long-running graph; with `id`, once. */
  | { type: "message"; node: string; payload: Json; id?: string; actor?: string; act?: ActId }
  /** An approval. `step` is the path or id of a waiting step, or `workflow`. */
  | {
      type: "decide";
      step: string;
      decision: "approve" | "reject";
      comment?: string;
      by: string;
      roles: readonly string[];
      act?: ActId;
    }
  | RetryCommand
  /** Its concurrency key is free, or its time has come; `then`: it waits for something else now. */
  | { type: "release"; then?: Hold };

/** A budget that the run shares with others, and that is spent: of its tenant or its workflow. */
export interface SpentBudget {
  /** `tenant.max_steps`, `workflow:<slug>.max_cost`. */
  budget: string;
  used: number;
  limit: number;
  holdMs?: number;
}

/** What a run asks its host for: to begin when its time has come, to open its next step, or to try one again. */
export type Opening = "begin" | "step" | "again";

/** Whether the host lets a run do that: yes; when it delivers `continue`; or not, and why. */
export type Admittance = true | "later" | SpentBudget;

/** Ids and constants of one run that templates may read. */
export interface RunIdentity {
  executionId: string;
  runAttempt: number;
}

/** What a transition asks its host: what depends on more than the run itself. The answers stand in the events. */
export interface TurnHost {
  /** Whether the run may open its next step, or try one again; after `later`, the host delivers `continue`. Always, where it is absent. */
  admits?(kind: Opening): Admittance;
  /** What a subworkflow's execution has spent so far, with those that it started; nothing, where it is unknown. */
  spentBy?(executionId: string): Spent | undefined;
  /** Whether the call of this attempt is on its way: it waits neither for its commit nor for a place. Hosts without this: yes. */
  hasSent?(path: string, attempt: number): boolean;
}
