import type { TakenOnce } from "./connect-link.ts";
import type { ConnectionWrite } from "./connection-copies-rpc.ts";
import type { CachedOutput, CacheMaker } from "./cached-output.ts";
import type { PlanSource } from "../engine/plan/types.ts";
import type { Principal } from "../engine/run/authorization.ts";
import type { LogLine } from "../engine/run/log-line.ts";
import type { ActionCall, ActionResult, RunCommand, RunStatus } from "../engine/run/types.ts";
import type { ConcurrencyRule } from "../engine/driver/concurrency-rule.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import type { Failure, Result } from "./errors.ts";
import type { ChainLink, EventPage, HistoryPart } from "./execution-history.ts";
import type { TaskAnswer, TaskAttempt, TaskReport } from "./task-rpc.ts";
import type { KnownWish } from "./feed-rpc.ts";
import type { SettingKind, SettingReader, SettingScope, SettingState, SettingUse } from "./setting-scope.ts";
import type { MigrateCommand, Migration } from "./migration.ts";
import type { LeaseHolderRpc } from "./lease.ts";
import type { RetentionRpc } from "./retention-rpc.ts";
import type { QuotaRpc, TenantSettings } from "./quota-rpc.ts";
import type { ExecutionTrace } from "./execution-trace.ts";
import type { UsageFactRow } from "./usage-fact-row.ts";
import type { ActFact, LoggedUsage, MeteredUpTo } from "./usage.ts";
import type { Environment, ExecutionMode, ExecutionRecord, StepRecord, UsageRecord } from "./execution.ts";

/*
 * The faces by which the platform Worker, the objects and the plugin Workers meet. Plain data only: every argument and
 * answer survives a structured clone. Classes implement these; callers see nothing else of them.
 */

/** What the edge decided about a start: validated, planned and placed. */
export interface StartCommand {
  executionId: string;
  tenantId: string;
  environment: Environment;
  /** Digest of the plan source. The source itself is sent only when the cell answered `unknown_plan`. */
  planDigest: string;
  plan?: PlanSource;
  inputs: JsonObject;
  env?: JsonObject;
  mode: ExecutionMode;
  trigger?: Json;
  metadata?: JsonObject;
  timeoutMs?: number;
  /** Who started it: key id. */
  actor: string;
  /** What they may do, where a step asks for it. */
  principal?: Principal;
  /** The plan is a version that was published, with its steps as they stand there. */
  published?: boolean;
  idempotency?: { key: string; bodyHash: string };
  /** Cells that may know the key: asked before anything begins. */
  former?: string[];
  /** Raises and lowers the workflow's own budget, member by member (section 11). */
  budget?: JsonObject;
  /** Not before this time (epoch ms): `delay` or `start_at`. */
  startAt?: number;
  /** Higher goes first where executions queue for a concurrency key; 0 when nobody says. */
  priority?: number;
  /** The workflow's concurrency rule, its key evaluated at the start (section 2). */
  concurrency?: ConcurrencyRule;
  /** Steps it may open, where the deployment says otherwise than 10,000. */
  maxSteps?: number;
  /** sync: wait for the end up to this long and answer the record. */
  waitMs?: number;
  traceparent?: string;
  /** Where its end is told (section 11): checked by the egress rules at the edge, and again when it is called. */
  callbackUrl?: string;
}

export type { ConcurrencyRule };

export type StartAnswer =
  | { kind: "accepted"; executionId: string; replayed: boolean }
  | { kind: "finished"; executionId: string; replayed: boolean; record: ExecutionRecord }
  | { kind: "unknown_plan" }
  /** Another cell has the key, because its bucket moved: the start belongs there. */
  | { kind: "elsewhere"; cell: string }
  /** A limit of the tenant: nothing was started, and the key is free. */
  | { kind: "refused"; failure: Failure }
  /** The same Idempotency-Key came with another body. */
  | { kind: "conflict"; message: string /** Seconds: the first request is still in flight. */; retryAfter?: number };

/** One row of a cell's outbox: the execution as lists show it. Later `change` wins; redelivery is harmless. */
export interface ExecutionProjection {
  change: number;
  executionId: string;
  tenantId: string;
  environment: Environment;
  status: RunStatus;
  workflowSlug: string;
  workflowName: string;
  workflowVersion: string;
  mode: ExecutionMode;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: { code: string; message: string } | null;
  usage: UsageRecord;
  runAttempt: number;
  /** Usage that the sink has not confirmed yet, out of the execution's log. */
  facts?: UsageFactRow[];
  /** Likewise, what somebody did to it. */
  acts?: ActFact[];
}

/**
 * Part of an outbox: `ExecutionProjection`s as JSON texts, and what to acknowledge when they are written. `last` is the `change`
 * of the last row whose usage is here in full; a long execution's may take several pages.
 */
export interface OutboxPage {
  rows: string[];
  last: number;
  /** How far the usage of executions goes that will have more. */
  metered: MeteredUpTo[];
  /** There is more to read now. */
  more: boolean;
  /** Purges of this cell are to be finished, and no sweeper comes by. */
  purges?: true;
}

export type LoggedUsageQuery = { ids: string[] } | { after: string; limit: number; createdSince?: number };

/** What an execution runs by, and with. */
export interface ExecutionPlan {
  digest: string;
  source: PlanSource;
  inputs: JsonObject;
  /** It was started as it is published (`StartCommand.published`). */
  published: boolean;
}

/** What a step says while it runs. */
export type StepReport = { kind: "progress"; percent?: number; message?: string } | ({ kind: "log" } & LogLine);

/** A coordinator object: a cell that holds many executions of one tenant and environment. */
export interface CoordinatorRpc extends LeaseHolderRpc, RetentionRpc {
  start(command: StartCommand): Promise<StartAnswer>;
  /** The record, or null when this cell has no such execution. `waitMs` long-polls until it is terminal. */
  get(executionId: string, options?: { waitMs?: number }): Promise<ExecutionRecord | null>;
  /** One step by its run-time path; null when the execution or the path is unknown. */
  getStep(executionId: string, path: string): Promise<StepRecord | null>;
  /**
   * Steers an execution: cancel, pause, resume, retry, shut down, signal, message, decision. `source` is the plan that a retry names. Answers the record after it (for a
   * signal, message or decision without its steps), a refusal, or null when this cell has no such execution. A message to a
   * full mailbox is RATE_LIMITED with `details {limit: "mailbox", overflow}`: the sender waits where `overflow` is `block`.
   */
  act(executionId: string, command: RunCommand, source?: PlanSource): Promise<Result<ExecutionRecord> | null>;
  /**
   * Goes on with an execution in another version of its workflow, or says what that would mean. CONFLICT with `details.problems` where
   * what it has done and begun is not the same there; null when this cell has no such execution.
   */
  migrate(executionId: string, command: MigrateCommand): Promise<Result<Migration> | null>;
  /** The version that an execution runs in, whole; null when this cell has no such execution. */
  planOf(executionId: string): Promise<ExecutionPlan | null>;
  /**
   * Events after the sequence `after`, oldest first, at most about 1 MiB of them. With `waitMs`, waits for the next when there
   * are none yet. Null when this cell has no such execution.
   */
  readEvents(executionId: string, options: { after: number; waitMs?: number }): Promise<EventPage | null>;
  /**
   * Events of the log, as `readEvents`, to be chained: from the last kept link at or before `after` on, or, with `exact`, those after
   * `after`; up to the event `upTo`. Null when this cell has no such execution.
   */
  readHistory(executionId: string, after: number, exact: boolean, upTo: number): Promise<HistoryPart | null>;
  /** Links of the chain that were computed from what `readHistory` answered. */
  keepLinks(executionId: string, links: readonly ChainLink[]): Promise<void>;
  /**
   * How far a step is, or a line for its execution's log: of the attempt that is in flight, else it answers false. Recorded
   * within a tick, the newest progress of several; a crash in that tick may lose it.
   */
  report(executionId: string, path: string, attempt: number, report: StepReport): Promise<boolean>;
  /** What a service says of an attempt that it finishes later; null when this cell has no such execution. */
  reportTask(executionId: string, which: TaskAttempt, report: TaskReport): Promise<TaskAnswer | null>;
  /** What the tenant's feed wants from now on; one that is older than what the cell knows changes nothing. */
  setFeed(wish: KnownWish): Promise<void>;
  /**
   * The bucket of an Idempotency-Key has moved to the cell `by`. Answers the cell that has the key: this one, or one that claimed
   * it before. Null: nobody has, and from now on starts with it are sent to `by`.
   */
  claimKey(key: string, by: string): Promise<string | null>;
  /** False when it has ended or was never here: the tenant object asks before it believes in a slot that is still held. */
  isLive(executionId: string): Promise<boolean>;
  /** Projections changed after `after`, oldest first, each execution once; reading twice gives the same rows. */
  readOutbox(after: number, limit: number): Promise<OutboxPage>;
  /** The sink has everything up to `change`, and usage up to what its page said. */
  ackOutbox(change: number, metered?: readonly MeteredUpTo[]): Promise<void>;
  /** Executions in memory that used something since the sink last saw them come up in the outbox. */
  reportUsage(): Promise<void>;
  /** What executions of this cell have used by their logs, in order of their ids after `after`, or those of `ids`. */
  loggedUsage(query: LoggedUsageQuery): Promise<LoggedUsage[]>;
  /** The traces of executions that have ended; those that have not, or are not here, are left out. */
  traces(ids: string[]): Promise<ExecutionTrace[]>;
  /**
   * Boot if needed, go on with what is unfinished, and archive what ended longer than `retentionMs` ago. Answers the number of
   * executions in flight.
   */
  wake(retentionMs?: number): Promise<number>;
}

/** A key as the tenant object remembers it. Never the key itself. */
export interface KeyRecord {
  id: string;
  tenantId: string;
  environment: Environment;
  name: string;
  scopes: string[];
  roles: string[];
  permissions: string[];
  /** Epoch ms; null while valid. */
  revokedAt: number | null;
  /** Its tenant's, where the tenant object answered. */
  settings?: TenantSettings;
}

/** A stored credential as it may travel: sealed values, opened only by a plugin Worker. */
export interface SealedConnection {
  id: string;
  connector: string;
  name: string;
  type: string;
  /** Non-secret config, such as `base_url`. */
  config: JsonObject;
  /** Output of `vault/seal`. */
  sealed: string;
  /** Whose it is, where it is one person's. */
  endUser?: string;
  /** When its row was changed last, epoch ms: a copy never gives way to an older one. */
  changedAt?: number;
}

/** Whether a connection can be used, as far as anybody knows. */
export interface ConnectionState {
  status: "pending" | "connected" | "needs_reconnect";
  reason?: string;
  /** Epoch ms, to the minute or so. */
  lastUsedAt?: number;
  /** `changedAt` of the copy that calls find; absent where there is none. */
  copyOf?: number;
}

/** Which connection a call wants: by id or name, or one person's own; else the connector's default. */
export interface ConnectionQuery {
  connector: string;
  ref?: string;
  /** Only a connection of this end user will do. */
  endUser?: string;
  /** The call goes on without one. */
  optional?: boolean;
}

export interface SlotRequest extends ConcurrencyRule {
  executionId: string;
  /** Name of the execution's coordinator object. */
  cell: string;
  priority: number;
}

export type SlotAnswer = { kind: "granted" } | { kind: "queued"; position: number } | { kind: "rejected" };

/** `POST /events` (section 20). */
export interface KeyedEvent {
  /** `evt_…`: an execution takes one event once. */
  id: string;
  name: string;
  key: string;
  payload: Json;
  channel?: string;
  /** Epoch ms. */
  expiresAt: number;
}

/** A `wait` step that names a key. */
export interface KeyedWait {
  executionId: string;
  cell: string;
  /** Run-time path of the step. */
  path: string;
  name: string;
  key: string;
  /** What the event must be besides: one that is kept and does not fit stays for others. */
  channel?: string;
  filter?: JsonObject;
}

/** The tenant object: what crosses the cells of one tenant and environment. Never a run's state. */
export interface TenantRpc extends QuotaRpc {
  /** SHA-256 (hex) of the key → its record, or null when unknown here. */
  verifyKey(hash: string): Promise<KeyRecord | null>;
  /** A key by its id, revoked or not; null when it is unknown here. */
  findKey(keyId: string): Promise<KeyRecord | null>;
  putKey(hash: string, key: KeyRecord): Promise<void>;
  revokeKey(keyId: string, at: number): Promise<void>;
  /** Its row is about to be written: until its copy is there, or this is taken back, calls ask what the row is. */
  beginConnectionWrite(write: ConnectionWrite): Promise<void>;
  /** Nothing came of it, or nothing will. */
  endConnectionWrite(id: string, at: number): Promise<void>;
  putConnection(connection: SealedConnection): Promise<void>;
  /** Answers the copy that there was. */
  deleteConnection(id: string): Promise<SealedConnection | null>;
  /** By end user, id or name, or the default (the only one that is nobody's own, or named `default`). `unsettled`: see `Copies`. */
  findConnection(query: ConnectionQuery): Promise<SealedConnection | "unsettled" | null>;
  /** Of those that are nobody's own; the first ten. */
  connectionNames(connector: string): Promise<string[]>;
  /** One that has no copy and no state is left out. */
  connectionStates(ids: string[]): Promise<Record<string, ConnectionState>>;
  /** Executions that wait for it are told when it is connected. The link that led to it is used up in the same moment. */
  putConnectionState(
    id: string,
    state: Omit<ConnectionState, "lastUsedAt" | "copyOf">,
    link?: TakenOnce,
  ): Promise<void>;
  /** True the first time; what is taken is remembered until `expiresAt`. */
  takeOnce(nonce: string, expiresAt: number): Promise<boolean>;
  /** Nothing came of what it was taken for until `expiresAt`. */
  giveBack(nonce: string, expiresAt: number): Promise<void>;
  isTaken(nonce: string): Promise<boolean>;
  /** `changedAt`: of the row in Postgres (epoch ms). What is older than what is there changes nothing. */
  putSecret(name: string, sealed: string, scope: SettingScope | null, changedAt: number): Promise<void>;
  /** Sealed; null for what is not set, or is not for this reader. */
  secrets(names: string[], reader: SettingReader): Promise<Record<string, string | null>>;
  putEnv(name: string, value: Json, scope: SettingScope | null, changedAt: number): Promise<void>;
  /** The row that was written at `changedAt` is deleted, whenever its copy comes. */
  deleteSetting(kind: SettingKind, name: string, changedAt: number): Promise<void>;
  /** Those that are set and are for this reader; `*` among the names asks for all. */
  envValues(names: string[], reader: SettingReader): Promise<Record<string, Json>>;
  settingState(kind: SettingKind, name: string): Promise<SettingState>;
  /** Uses that nobody has forgotten yet, oldest first. */
  settingUses(limit: number): Promise<SettingUse[]>;
  forgetSettingUses(upTo: number): Promise<void>;
  /**
   * Asks for a slot of a concurrency key, for an execution that is about to exist. Repeating the call gives the same answer.
   * `cancel_running` cancels the oldest holders and queues until they are gone.
   */
  acquireSlot(request: SlotRequest): Promise<SlotAnswer>;
  /** The execution has ended, or gave up waiting: the next in the queue is told (`act` with `release`). */
  releaseSlot(executionId: string): Promise<void>;
  /** From 1; null when it does not queue. */
  slotPosition(executionId: string): Promise<number | null>;
  /** An event for whoever waits for its key, now or until it expires. Answers how many executions it was handed to. */
  publishEvent(event: KeyedEvent): Promise<Result<number>>;
  /** An execution waits for a key: answers an event that was kept for it, which is then consumed. Repeating is harmless. */
  awaitEvent(wait: KeyedWait): Promise<KeyedEvent | null>;
  /** The wait is over, however it ended. */
  forgetWait(executionId: string, path: string): Promise<void>;
  /** Outputs of steps with a `cache` (section 3); null on a miss. `by`: the attempt that asks. */
  cached(key: string, by?: string): Promise<CachedOutput | null>;
  putCached(key: string, output: Json, expiresAt: number, made?: CacheMaker): Promise<void>;
  /** Answers how many of them there were. */
  forgetCached(keys: string[]): Promise<number>;
  /** Modules of a code connector, by their digest; kept before a plan pins it. Repeating is harmless. */
  putCodeModules(digest: string, modules: Record<string, string>): Promise<void>;
  codeModules(digest: string): Promise<Record<string, string> | null>;
  /** A cell announces itself once, on its first start, so that a sweeper can wake it. */
  registerCell(name: string): Promise<void>;
  cells(): Promise<string[]>;
}

/** What accompanies every call to a plugin Worker: ids, never secrets. */
export interface CallContext {
  tenantId: string;
  environment: Environment;
  executionId: string;
  /** The workflow's slug, as events say it. Absent from whoever was built before it was said. */
  workflowId?: string;
  workflowName: string;
  workflowVersion: string;
  /** `slug@version`, where it was started as it is published: what a secret's scope may name. */
  published?: string;
  runAttempt: number;
  /** The plugin Worker runs its code in an isolate that serves this execution alone (section 11). */
  isolated: boolean;
  traceparent?: string;
  /** Name of its coordinator object, for what a call says while it runs. */
  cell?: string;
  /** With which a service may finish the attempt later; only of calls to services. */
  taskToken?: string;
}

/** A plugin Worker. `invoke` never throws for an upstream's fault: failures are results. */
export interface PluginRpc {
  invoke(call: ActionCall, context: CallContext): Promise<ActionResult>;
}

/** The http plugin, for attempts that their services finish later. `revealed`: what was kept of the call (`PendingTask`). */
export interface TaskFinisherRpc {
  /** What a service's envelope means for the attempt that it belongs to: checked and masked as one that came at once. */
  finish(call: ActionCall, context: CallContext, envelope: Json, revealed?: string): Promise<ActionResult>;
  /** What its service says of it meanwhile, masked likewise; null where it cannot be said what must not be shown of it. */
  maskSaid(call: ActionCall, context: CallContext, text: string, revealed?: string): Promise<string | null>;
}
