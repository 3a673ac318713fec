import type { ExecutionTrace } from "../../contracts/execution-trace.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import { executionRecord } from "../../contracts/execution-record.ts";
import { failure, type Result, success } from "../../contracts/errors.ts";
import type { BudgetList, LeaseReport } from "../../contracts/lease.ts";
import type { RunError } from "../../engine/errors.ts";
import type { FeedItem, FeedWish } from "../../contracts/feed-rpc.ts";
import type {
  CallContext,
  EventPage,
  LoggedUsageQuery,
  OutboxOptions,
  OutboxPage,
  StartAnswer,
  StartCommand,
  StepReport,
} from "../../contracts/rpc.ts";
import type { LoggedUsage, MeteredUpTo } from "../../contracts/usage.ts";
import type { ActionCall, ActionResult, Hold, RunCommand } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import { Admissions } from "./admissions.ts";
import type { CellStorage } from "./cell-storage.ts";
import { keyIsTaken } from "./errands.ts";
import { executionTrace } from "./execution-trace.ts";
import { loggedUsage } from "./logged-usage.ts";
import { headOf, type StoredHead, stepOf } from "./execution-head.ts";
import { EventLog } from "./event-log.ts";
import { FeedPush } from "./feed-push.ts";
import { IdempotentStarts } from "./idempotent-starts.ts";
import { Outbox } from "./outbox.ts";
import { PlanCache } from "./plan-cache.ts";
import type { Resident } from "./resident.ts";
import { Residents } from "./residents.ts";
import { StartEntries } from "./start-entries.ts";
import { stepFromLog } from "./step-from-log.ts";
import { StepReports } from "./step-reports.ts";
import type { TenantPort } from "./tenant-port.ts";
import { UsageReader } from "./usage-reader.ts";

export interface CellDeps {
  storage: CellStorage;
  timers: TimerQueue;
  /** The recovery alarm is never further ahead than this while anything is unfinished or unsent. */
  alarmMs: number;
  /** It is there for one isolated execution. */
  single?: boolean;
  tenant: TenantPort;
  now(): number;
  wait(ms: number): Promise<void>;
  call(call: ActionCall, context: CallContext): Promise<ActionResult>;
  /** The id of an execution that a step starts: the same for the same seed. */
  childId(parent: StoredHead, seed: string): string;
  /** Asks another cell of the tenant for a key; see `CoordinatorRpc.claimKey`. */
  claimKey(cell: string, key: string): Promise<string | null>;
  setAlarm(at: number): void;
  /** Tells the sink to read this cell's outbox. */
  hintOutbox(): void;
  /** Gives the tenant's feed what it wants; rejects when it does not have it for sure. */
  pushToFeed(items: FeedItem[]): Promise<void>;
  /** A fault that no caller is told: for the operator. */
  report(message: string, error: unknown): void;
}

/** Commands whose caller does not ask for the record: its steps are left out. */
const BRIEF: ReadonlySet<RunCommand["type"]> = new Set(["signal", "message", "decide", "release"]);

/** Executions of one tenant and environment: what is in flight is in memory, everything is on disk first. */
export class Cell {
  readonly #deps: CellDeps;
  readonly #storage: CellStorage;
  readonly #plans: PlanCache;
  readonly #outbox: Outbox;
  readonly #starts: IdempotentStarts;
  readonly #residents: Residents;
  readonly #reports: StepReports;
  /** The logs as readers see them. */
  readonly events: EventLog;
  readonly #admissions: Admissions;
  readonly #feed: FeedPush;
  readonly #entries: StartEntries;
  #alarmAt = 0;

  constructor(deps: CellDeps) {
    this.#deps = deps;
    const { storage } = deps;
    this.#storage = storage;
    this.#plans = new PlanCache(storage);
    const usage = new UsageReader(storage, this.#plans);
    this.#outbox = new Outbox(storage, usage, deps.timers, deps.hintOutbox, () => this.#feed.mark);
    this.events = new EventLog({ ...deps, plans: this.#plans });
    const feed = { lastChange: () => this.#outbox.last, push: deps.pushToFeed, keepAwake: () => this.#keepAwake() };
    this.#feed = new FeedPush({ ...deps, ...feed, plans: this.#plans }, this.#outbox.storedFeedMark);
    this.#starts = new IdempotentStarts(storage);
    this.#reports = new StepReports({
      ...deps,
      isCurrent: (executionId, path, attempt) => {
        const open = this.#residents.get(executionId)?.driver.state.open.get(path);
        return open?.status === "running" && open.attempt === attempt;
      },
      deliver: (executionId, input) => void this.#residents.here(executionId)?.driver.deliver(input),
    });
    this.#admissions = new Admissions({
      ...deps,
      ask: (question) => deps.tenant.askLeases(question),
      single: deps.single ?? false,
      get: (id) => this.#residents.get(id),
      isCurrent: (resident) => this.#residents.isCurrent(resident),
    });
    this.#entries = new StartEntries({ ...deps, admissions: this.#admissions, starts: this.#starts });
    this.#residents = new Residents({
      ...deps,
      call: async (call, context) => {
        const result = await deps.call(call, context);
        this.#reports.settle(context.executionId, call.path);
        return result;
      },
      plans: this.#plans,
      outbox: this.#outbox,
      starts: this.#starts,
      admissions: this.#admissions,
      wrote: ({ head, plan, driver, pending }, before) => {
        this.events.written({ executionId: head.executionId, plan, events: pending, ended: driver.terminal });
        this.#feed.written(head, pending, before);
      },
      keepAwake: () => this.#keepAwake(),
    });
  }

  get unfinished(): number {
    return this.#residents.size;
  }

  async start(command: StartCommand): Promise<StartAnswer> {
    const { idempotency } = command;
    const other = () => idempotency && this.#entries.other(idempotency.key);
    for (let first = other(); first; first = other()) await first;
    const before = idempotency && this.#starts.find(idempotency.key, this.#deps.now());
    if (idempotency && before) {
      if (before.bodyHash !== idempotency.bodyHash) {
        return { kind: "conflict", message: "This Idempotency-Key was used with another request body" };
      }
      return this.#replay(command, before.execution);
    }
    const gone = idempotency && this.#starts.claimedBy(idempotency.key, this.#deps.now());
    if (gone !== undefined) return { kind: "elsewhere", cell: gone };
    const plan = this.#plans.find(command.planDigest, command.plan);
    if (!plan) return { kind: "unknown_plan" };
    const time = timeHold(command, this.#residents.now());
    // Without a question to anybody there is no wait between looking for the key and beginning with it.
    const asks = (command.concurrency && !time) || command.former?.length;
    const entered = (asks ? undefined : this.#admissions.enter(time)) ?? (await this.#entries.ask(command, time));
    if ("elsewhere" in entered) return { kind: "elsewhere", cell: entered.elsewhere };
    if ("ok" in entered) return { kind: "refused", failure: entered };
    if ("rejected" in entered) return { kind: "conflict", message: keyIsTaken(entered.rejected).message };
    const { hold, reservations } = entered;
    const { inputs, env, trigger, timeoutMs, waitMs, principal, actor, budget, maxSteps } = command;
    const start = { type: "start" as const, inputs, env, trigger, timeoutMs, principal, actor, budget, maxSteps, hold };
    if (idempotency) this.#starts.begin(idempotency, command.executionId);
    const head = headOf(command, this.#residents.now());
    const birth = { planDigest: command.planDigest, start, idempotency };
    const resident = this.#residents.bear(head, plan, birth, reservations);
    if (waitMs === undefined) {
      await this.#residents.committed(resident);
      return { kind: "accepted", executionId: head.executionId, replayed: false };
    }
    return this.#answerWithin(resident, waitMs, false);
  }

  async get(executionId: string, waitMs = 0): Promise<ExecutionRecord | null> {
    const resident = waitMs > 0 ? this.#residents.get(executionId) : undefined;
    const ended = resident && (await this.#residents.ended(resident, waitMs));
    if (ended) return ended.birth ? null : this.#record(ended);
    return this.#residents.read(executionId, (head, plan, state) =>
      executionRecord(plan, state, head, this.#deps.now()),
    );
  }

  async getStep(executionId: string, path: string): Promise<StepRecord | null> {
    return this.#residents.read(executionId, (_head, plan, state) => {
      return stepOf(state, path) ?? stepFromLog(plan, this.#storage.log(executionId), path);
    });
  }

  /** See `CoordinatorRpc.readEvents`. */
  async readEvents(executionId: string, after: number, waitMs?: number): Promise<EventPage | null> {
    return this.events.read(executionId, after, waitMs);
  }

  /** See `CoordinatorRpc.report`. */
  report(executionId: string, path: string, attempt: number, report: StepReport): boolean {
    return this.#reports.take(executionId, path, attempt, report);
  }

  /** What the tenant's feed wants from now on. */
  setFeed(wish: FeedWish): void {
    this.#feed.setWish(wish);
  }

  /** Steers an execution; see `CoordinatorRpc.act`. */
  async act(executionId: string, command: RunCommand): Promise<Result<ExecutionRecord> | null> {
    const resident = this.#residents.get(executionId);
    const refusal = resident && this.#deliver(resident, command);
    if (resident && refusal) {
      this.#residents.rest(resident);
      return failure(refusal.code, refusal.message, refusal.details);
    }
    const record = await this.get(executionId);
    if (!record) return null;
    if (!resident && (await this.#hasTaken(executionId, command))) return success({ ...record, steps: [] });
    const { status } = record;
    const done =
      command.type === "cancel" ? status === "canceled" || record.phase !== undefined : resident !== undefined;
    if (!done) return failure("CONFLICT", `The execution has already ended: it is ${status}`, { status });
    return success(BRIEF.has(command.type) ? { ...record, steps: [] } : record);
  }

  #deliver(resident: Resident, command: RunCommand): RunError | undefined {
    if (command.type !== "release") return resident.driver.deliver(command);
    this.#admissions.release(resident);
    return undefined;
  }

  /** See `CoordinatorRpc.claimKey`; `own`: this cell's name. */
  async claimKey(key: string, by: string, own: string): Promise<string | null> {
    return this.#entries.claimKey(key, by, own);
  }

  /** See `LeaseHolderRpc`. */
  reportLease(account: string, mark?: number): LeaseReport | null {
    return this.#admissions.report(account, mark);
  }

  leasesChanged(budgets: BudgetList): void {
    this.#admissions.changed(budgets);
  }

  /** Called now and then from outside, while there is anything to do. */
  tick(): void {
    this.#admissions.tick();
  }

  /** It came before, and counted: an answer that was lost must not make somebody else get it. */
  async #hasTaken(executionId: string, command: RunCommand): Promise<boolean> {
    if ((command.type !== "signal" && command.type !== "message") || command.id === undefined) return false;
    const { id } = command;
    return (await this.#residents.read(executionId, (_head, _plan, state) => state.signalIds.has(id))) ?? false;
  }

  isLive(executionId: string): boolean {
    return this.#residents.here(executionId) !== undefined || this.#storage.execution(executionId)?.finishedAt === null;
  }

  readOutbox(after: number, limit: number, { usage = true }: OutboxOptions = {}): OutboxPage {
    return this.#outbox.read(Math.max(after, this.#outbox.watermark), limit, usage);
  }

  ackOutbox(change: number, metered?: readonly MeteredUpTo[]): void {
    this.#outbox.ack(change, metered);
    this.#outbox.announce(this.#deps.now());
  }

  reportUsage(): void {
    this.#residents.reportUsage();
  }

  loggedUsage(query: LoggedUsageQuery): LoggedUsage[] {
    return loggedUsage(this.#storage, this.#plans, query);
  }

  traces(ids: readonly string[]): ExecutionTrace[] {
    return ids.flatMap((id) => executionTrace(this.#storage, this.#plans, id) ?? []);
  }

  /** After a restart: everything that has something to do is folded and goes on. */
  recover(): void {
    this.#residents.recover();
    this.#admissions.tick();
    this.#keepAwake();
    this.#outbox.announce(this.#deps.now());
    this.#feed.announce();
  }

  onAlarm(): void {
    this.#alarmAt = 0;
    try {
      this.#residents.awakenDue();
      this.#residents.reportUsage();
      this.#admissions.tick();
      this.#storage.forgetExpired(this.#deps.now());
      this.#outbox.storeWatermark();
    } finally {
      this.#keepAwake();
      this.#outbox.announce(this.#deps.now());
      this.#feed.announce();
    }
  }

  async #replay(command: StartCommand, executionId: string): Promise<StartAnswer> {
    const resident = this.#residents.here(executionId);
    if (command.waitMs === undefined) {
      if (resident) await this.#residents.committed(resident);
      return { kind: "accepted", executionId, replayed: true };
    }
    if (resident && resident.waiters.size > 0) {
      const ended = await this.#residents.ended(resident, Math.min(command.waitMs, SECOND_REQUEST_WAITS_MS));
      if (ended) return this.#finished(ended, true);
      const message = "A request with this Idempotency-Key is still in flight";
      return { kind: "conflict", message, retryAfter: 1 };
    }
    if (resident) return this.#answerWithin(resident, command.waitMs, true);
    const record = await this.get(executionId);
    return record?.finished_at
      ? { kind: "finished", executionId, replayed: true, record }
      : { kind: "accepted", executionId, replayed: true };
  }

  async #answerWithin(resident: Resident, waitMs: number, replayed: boolean): Promise<StartAnswer> {
    const { executionId } = resident.head;
    const ended = await this.#residents.ended(resident, waitMs);
    return ended ? this.#finished(ended, replayed) : { kind: "accepted", executionId, replayed };
  }

  #finished(ended: Resident, replayed: boolean): StartAnswer {
    const { executionId } = ended.head;
    if (ended.birth) throw new Error(`execution ${executionId} could not be stored`);
    return { kind: "finished", executionId, replayed, record: this.#record(ended) };
  }

  #record(resident: Resident): ExecutionRecord {
    return executionRecord(resident.plan, resident.driver.state, resident.head, this.#deps.now());
  }

  /** The alarm is set for what is due, and for a recovery while anything is in memory or unsent. */
  #keepAwake(): void {
    const now = this.#deps.now();
    const due = this.#storage.nextDue() ?? Number.POSITIVE_INFINITY;
    const done = this.#outbox.drained && this.#feed.drained && this.#admissions.queued === 0;
    const idle = this.#residents.size === 0 && done;
    const wanted = Math.min(due, idle ? Number.POSITIVE_INFINITY : now + this.#deps.alarmMs);
    if (!Number.isFinite(wanted) || (this.#alarmAt > now && this.#alarmAt <= wanted)) return;
    this.#alarmAt = Math.max(wanted, now);
    this.#deps.setAlarm(this.#alarmAt);
  }
}

function timeHold({ startAt, concurrency }: StartCommand, now: number): Hold | undefined {
  if (startAt === undefined || startAt <= now) return undefined;
  const then = concurrency && { kind: "concurrency" as const, key: concurrency.key };
  return { kind: "time", due: startAt, ...(then ? { then } : {}) };
}

/** A second request with the same Idempotency-Key waits this long for the first (section 20). */
const SECOND_REQUEST_WAITS_MS = 2_000;
