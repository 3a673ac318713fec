import type { Json, JsonObject } from "../engine/json.ts";
import type { Overlap, TriggerSpec } from "../engine/triggers/trigger-spec.ts";
import type { Result } from "./errors.ts";
import type { Environment } from "./execution.ts";

/*
 * Triggers: what starts executions besides requests. The record of a trigger stands in Postgres; what fires stands in an
 * object for each tenant and environment, which starts executions through its own Worker.
 */

/** Whose rights the executions of a trigger have: those of the key that published or made it, as they were then. */
export interface TriggerActor {
  keyId: string;
  roles: string[];
  permissions: string[];
}

/** A trigger as its object keeps it. */
export interface StoredTrigger {
  /** `trg_…` */
  id: string;
  /** Counts changes of the record: a copy that arrives late cannot undo a newer one. */
  revision: number;
  name: string;
  /** Slug of the workflow: its newest version is started. */
  workflow: string;
  /** Templates that see `trigger`; absent: members of what came that are declared as inputs. */
  inputs?: Json;
  spec: TriggerSpec;
  /** Switched on by who wrote it, and not paused. */
  active: boolean;
  actor: TriggerActor;
}

/** One execution that is to be started: exactly one, however often it is asked for. */
export interface Firing {
  /** Names it within the tenant and environment: an Idempotency-Key that no request can carry is made from it. */
  key: string;
  triggerId: string;
  workflow: string;
  inputs?: Json;
  overlap: Overlap;
  /** The last that this trigger started, where `overlap` asks about it. */
  previous?: string;
  actor: TriggerActor;
  /** The `trigger` root of the execution. */
  trigger: JsonObject;
}

/** What came of a try to start. */
export type FiringOutcome =
  | { kind: "started"; executionId: string }
  /** The execution before still goes on, and the trigger says to skip then. */
  | { kind: "skipped"; message: string }
  /** It will never start: no such workflow, inputs that do not fit, no right to. */
  | { kind: "refused"; code: string; message: string }
  /** Not now. `reached`: whether it was perhaps accepted, nobody knows. */
  | { kind: "later"; reached: boolean; message: string; retryAfterMs?: number };

/** The platform Worker as a triggers object calls it. */
export interface TriggerStartsRpc {
  /** Outcomes in the order of the firings. Repeating a firing gives the same execution. */
  start(owner: { tenantId: string; environment: Environment }, firings: Firing[]): Promise<FiringOutcome[]>;
}

/** The last that a trigger did. */
export interface TriggerRun {
  /** Epoch ms at which it was started, skipped or refused. */
  at: number;
  /** Epoch ms at which it was due or came. */
  dueAt: number;
  status: "started" | "skipped" | "refused";
  executionId?: string;
  error?: { code: string; message: string };
}

/** What the object knows of a trigger. */
export interface TriggerState {
  /** The object has this revision; less than the record's: it has not been told yet. */
  revision: number;
  /** Epoch ms of the next due time of a schedule. */
  nextDue: number | null;
  /** Latest first, at most 20. */
  runs: TriggerRun[];
  /** Executions that are accepted and not started yet: throttled, or waiting for a part of the platform. */
  waiting: number;
  /** Events that were dropped by its rate limit. */
  dropped: number;
}

/** A webhook call that has proved who it is from. */
export interface HookDelivery {
  triggerId: string;
  /** Names of the delivery: the sender's id, and the signature's digest where replays are looked for. */
  names: string[];
  /** How long the names are remembered. */
  rememberMs: number;
  /** A name for this call alone, where it has no other. */
  callId: string;
  at: number;
  /** Members of the `trigger` root: method, path, headers, query, payload. */
  came: JsonObject;
}

export type HookAnswer =
  /** Durable. `executionId` is null while it could not be started yet: it will be. */
  | { kind: "accepted"; executionId: string | null; replayed: boolean }
  | { kind: "refused"; code: string; message: string }
  | { kind: "rate_limited"; retryAfterMs: number }
  | { kind: "inactive" };

/** An event without a key: it starts workflows. */
export interface TriggerEvent {
  /** Its sender's, or made for it. An event of a known id starts nothing again. */
  id: string;
  name: string;
  source: string;
  payload: Json;
  at: number;
  /** How many event triggers led to it. */
  depth: number;
}

/** The triggers object of a tenant and environment. */
export interface TriggersRpc {
  /** Takes triggers as they are now; one of a revision that is known or older changes nothing. */
  put(owner: { tenantId: string; environment: Environment }, triggers: StoredTrigger[]): Promise<void>;
  /** What was accepted and not started goes with them. */
  remove(triggers: { id: string; revision: number }[]): Promise<void>;
  states(ids: string[]): Promise<Record<string, TriggerState>>;
  /** The active or inactive webhook trigger of a path. */
  findHook(path: string): Promise<StoredTrigger | null>;
  deliver(delivery: HookDelivery): Promise<HookAnswer>;
  /** Durable when it answers: how many triggers took the event. */
  publish(event: TriggerEvent): Promise<Result<number>>;
  /** Goes on with what is due. Answers how many executions are still to be started. */
  wake(): Promise<number>;
}
