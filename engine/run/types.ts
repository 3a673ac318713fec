import type { PinnedAction } from "../connector.ts";
import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Principal } from "./authorization.ts";

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

/**
 * One fact of a run: what is appended, folded and (mapped by `contracts/events.ts`) shown to readers. A fact carries all
 * that a fold needs, so `apply` evaluates nothing. `path` is the step's run-time path: static address with an index for
 * every loop iteration, e.g. `fetch_weather[2]` or `outer[0].inner[3].send`.
 */
export type EngineEvent =
  | {
      type: "workflow.started";
      inputs: JsonObject;
      env?: JsonObject;
      trigger?: Json;
      deadline?: number;
      principal?: Principal;
    }
  /** A container opened (loop, parallel list; attempt 0), or an attempt of a leaf was dispatched (attempt from 1). */
  | { type: "step.started"; path: string; attempt: number; input?: Json; items?: Json[]; connection?: Json }
  | { type: "step.retrying"; path: string; attempt: number; error: RunError; due: number; usage?: AttemptUsage }
  /** Loops and parallel lists carry no output: it is gathered from their children when the event is applied. */
  | { type: "step.completed"; path: string; output?: Json; usage?: AttemptUsage; cached?: boolean }
  | { type: "step.failed"; path: string; error: RunError; usage?: AttemptUsage }
  | { type: "step.skipped"; path: string }
  | { type: "step.canceled"; path: string; usage?: AttemptUsage }
  | { type: "step.progress"; path: string; percent?: number; message?: string }
  | { type: "log"; path?: string; level: string; message: string; context?: JsonObject }
  | { type: "workflow.completed"; outputs: JsonObject }
  | { type: "workflow.failed"; error: RunError }
  | { type: "workflow.canceled"; error: RunError; actor?: string }
  | { type: "workflow.timed_out"; error: RunError };

/** A stored event: its gapless sequence in the run (from 1) and the time of the transition that made it (epoch ms). */
export type StampedEvent = EngineEvent & { seq: number; at: number };

/** What a run asks of its host. Performed only after the events of the same transition are durable. */
export type Effect =
  | { type: "callAction"; call: ActionCall }
  /** The call's result is no longer wanted: abort it if it is in flight. */
  | { type: "abortCall"; path: string; attempt: number }
  /** Deliver `{type: "timer", name}` at or after `due`. Setting a name again replaces it. */
  | { type: "setTimer"; name: string; due: number }
  | { type: "clearTimer"; name: string }
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
  /** Equal over attempts and crashes: `execution:run_attempt:path` (section 20). */
  idempotencyKey: string;
  timeoutMs: number;
  /** Epoch ms when this attempt is given up: the host answers TIMEOUT itself when nothing has come by then. */
  deadline: number;
  /** Where the step asks to run; the host answers UNAVAILABLE where it has no such worker. */
  target?: "local" | "cloud" | "self_hosted";
}

export type ActionResult =
  | { ok: true; output: Json; usage?: AttemptUsage }
  | {
      ok: false;
      error: RunError;
      /** From upstream's Retry-After. */
      retryAfterMs?: number;
      /** Sent, but no answer: crash, timeout, reset. */
      outcomeUnknown?: boolean;
      /** Trying again cannot help, whatever the policy says: nothing here can run it. */
      permanent?: boolean;
      usage?: AttemptUsage;
    };

/** What happens to a run. `now` is always given beside it. */
export type EngineInput =
  /** `principal` is needed where a step has an `authorization`; without one such a step is refused. */
  | {
      type: "start";
      inputs: JsonObject;
      env?: JsonObject;
      trigger?: Json;
      timeoutMs?: number;
      principal?: Principal;
      /** The host could not begin the run otherwise: it ends with this before its first step. */
      failure?: RunError;
    }
  | { type: "result"; path: string; attempt: number; result: ActionResult }
  | { type: "timer"; name: string }
  | { type: "continue" }
  | { type: "cancel"; reason?: string; actor?: string }
  /** The host gives the run up: it was quarantined, or a bug or a storage limit stopped it. */
  | { type: "fail"; error: RunError }
  | { type: "progress"; path: string; attempt: number; percent?: number; message?: string }
  | { type: "log"; path?: string; level: string; message: string; context?: JsonObject };

/** How somebody outside steers an execution that exists. All of them are harmless when they come twice. */
export type RunCommand =
  /** `compensate: true` undoes completed steps that carry a `compensate` before it ends (section 20). */
  | { type: "cancel"; reason?: string; actor?: string; compensate?: boolean }
  | { type: "pause"; reason?: string; actor?: string }
  /** `budget` raises the one that was spent (section 20). */
  | { type: "resume"; actor?: string; budget?: JsonObject }
  /** Ends a long-running graph: graceful lets every node finish the message in hand, at most until `deadlineMs` from now. */
  | { type: "shutdown"; graceful?: boolean; deadlineMs?: number; actor?: string }
  /** An event. With `id`, once; with `path`, only for the wait at that path (a keyed event, section 20). */
  | { type: "signal"; name: string; payload: Json; channel?: string; id?: string; key?: string; path?: string }
  /** For the mailbox of a node of a long-running graph. */
  | { type: "message"; node: string; payload: Json }
  /** An approval. `step` is the path or id of a waiting step, or `workflow`. */
  | {
      type: "decide";
      step: string;
      decision: "approve" | "reject";
      comment?: string;
      by: string;
      roles: readonly string[];
    }
  /** Its concurrency key is free, or its time has come. */
  | { type: "release" };

/** Ids and constants of one run that templates may read. */
export interface RunIdentity {
  executionId: string;
  runAttempt: number;
}
