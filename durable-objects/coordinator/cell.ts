import type { EventPage } from "../../contracts/execution-history.ts";
import type { ExecutionTrace } from "../../contracts/execution-trace.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import { executionRecord } from "../../contracts/execution-record.ts";
import { failure, type Result, success } from "../../contracts/errors.ts";
import type { BudgetList, LeaseReport } from "../../contracts/lease.ts";
import type { RunError } from "../../engine/errors.ts";
import type { KnownWish } from "../../contracts/feed-rpc.ts";
import type { MigrateCommand, Migration } from "../../contracts/migration.ts";
import type {
  ExecutionPlan,
  LoggedUsageQuery,
  OutboxPage,
  StartAnswer,
  StartCommand,
  StepReport,
} from "../../contracts/rpc.ts";
import type { TaskAnswer, TaskAttempt, TaskReport } from "../../contracts/task-rpc.ts";
import type { LoggedUsage, MeteredUpTo } from "../../contracts/usage.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { Admissions } from "./admissions.ts";
import { answerAfterEnd } from "./answer-after-end.ts";
import { answerToAct } from "./answer-to-act.ts";
import type { CellDeps } from "./cell-deps.ts";
import type { CellStorage } from "./cell-storage.ts";
import { keyIsTaken } from "./errands.ts";
import { executionTrace } from "./execution-trace.ts";
import { loggedUsage } from "./logged-usage.ts";
import { executionPlan } from "./execution-plan.ts";
import { headOf, stepOf } from "./execution-head.ts";
import { EventLog } from "./event-log.ts";
import { FeedPush } from "./feed-push.ts";
import { IdempotentStarts } from "./idempotent-starts.ts";
import { Outbox } from "./outbox.ts";
import { PlanCache } from "./plan-cache.ts";
import { withPosition } from "./queue-position.ts";
import type { Resident } from "./resident.ts";
import { Residents } from "./residents.ts";
import { Retention } from "../archive/retention.ts";
import { Retries } from "./retries.ts";
import { migrateExecution } from "./run-migration.ts";
import { StartEntries } from "./start-entries.ts";
import { stepFromLog } from "./step-from-log.ts";
import { Tasks } from "./tasks.ts";
import { StepReports } from "./step-reports.ts";
import { takenBefore } from "./taken-before.ts";
import { timeHold } from "./time-hold.ts";
import { UsageReader } from "./usage-reader.ts";

/** Executions of one tenant and environment: what is in flight is in memory, everything is on disk first. */
export class Cell {
  readonly #deps: CellDeps;
  readonly #storage: CellStorage;
  readonly #plans: PlanCache;
  readonly #outbox: Outbox;
  readonly #starts: IdempotentStarts;
  readonly #residents: Residents;
  readonly #reports: StepReports;
  readonly #tasks: Tasks;
  readonly #retries: Retries;
  /** The logs as readers see them. */
  readonly events: EventLog;
  /** What leaves for the archive and comes back, and what is purged. */
  readonly retention: Retention;
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
    this.retention = new Retention({
      ...deps,
      plans: this.#plans,
      isHere: (id) => this.#residents.here(id) !== undefined,
      mark: () => Math.min(this.#outbox.watermark, this.#feed.mark),
      lastChange: () => this.#outbox.last,
      storeMark: () => this.#outbox.storeWatermark(),
    });
    const { bring, hasMore, keep } = this.retention;
    this.events = new EventLog({ ...deps, plans: this.#plans, bring, hasMore });
    const feed = { lastChange: () => this.#outbox.last, push: deps.pushToFeed, keepAwake: () => this.#keepAwake() };
    this.#feed = new FeedPush({ ...deps, ...feed, plans: this.#plans }, this.#outbox.storedFeedMark);
    this.#starts = new IdempotentStarts(storage);
    this.#reports = new StepReports({
      ...deps,
      isCurrent: (executionId, path, attempt) => {
        const open = this.#residents.get(executionId)?.driver.state.open.get(path);
        return open?.status === "running" && open.attempt === attempt;
      },
      deliver: (executionId, input) => void this.#residents.get(executionId)?.driver.deliver(input),
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
        globalThis.faultPoint?.("call.answered");
        this.#reports.settle(context.executionId, call.path);
        this.#tasks.answered(context.executionId, call, result);
        return result;
      },
      plans: this.#plans,
      outbox: this.#outbox,
      starts: this.#starts,
      admissions: this.#admissions,
      bring,
      keep,
      wrote: (resident, before) => {
        const { head, plan, driver, pending } = resident;
        this.#tasks.written(resident, pending);
        this.events.written({ executionId: head.executionId, plan, events: pending, ended: driver.terminal });
        this.#feed.written(head, pending, before);
        usage.fresh.written(head.executionId, plan, pending);
      },
      keepAwake: () => this.#keepAwake(),
    });
    this.#tasks = new Tasks({ ...deps, residents: this.#residents, reports: this.#reports, keep });
    const parts = { residents: this.#residents, admissions: this.#admissions, plans: this.#plans, feed: this.#feed };
    this.#retries = new Retries({ ...parts, tenant: deps.tenant });
  }

  get unfinished(): number {
    return this.#residents.size;
  }

  async start(command: StartCommand): Promise<StartAnswer> {
    const { idempotency } = command;
    globalThis.faultPoint?.("start.before");
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
    globalThis.faultPoint?.("start.entered");
    const { hold, reservations } = entered;
    const { inputs, env, trigger, timeoutMs, waitMs, principal, actor, budget, maxSteps } = command;
    const start = { type: "start" as const, inputs, env, trigger, timeoutMs, principal, actor, budget, maxSteps, hold };
    if (idempotency) this.#starts.begin(idempotency, command.executionId);
    const head = headOf(command, this.#residents.now());
    const birth = { planDigest: command.planDigest, start, idempotency };
    const resident = this.#residents.bear(head, plan, birth, reservations);
    globalThis.faultPoint?.("start.born");
    if (waitMs === undefined) {
      await this.#residents.committed(resident);
      globalThis.faultPoint?.("start.committed");
      return { kind: "accepted", executionId: head.executionId, replayed: false };
    }
    return this.#answerWithin(resident, waitMs, false);
  }

  async get(executionId: string, waitMs = 0): Promise<ExecutionRecord | null> {
    const resident = waitMs > 0 ? this.#residents.get(executionId) : undefined;
    const ended = resident && (await this.#residents.ended(resident, waitMs));
    if (resident) globalThis.faultPoint?.("get.waited");
    if (ended) return ended.birth ? null : this.#record(ended);
    const found = await this.#residents.read(executionId, (head, plan, state) => ({
      record: executionRecord(plan, state, head, this.#deps.now()),
      queues: state.status === "pending" ? { head, hold: state.hold } : undefined,
    }));
    globalThis.faultPoint?.("get.read");
    return found && withPosition(found.record, found.queues, this.#deps.tenant, this.#admissions);
  }

  /** See `CoordinatorRpc.migrate`. */
  migrate(executionId: string, command: MigrateCommand): Promise<Result<Migration> | null> {
    const deps = { residents: this.#residents, plans: this.#plans, storage: this.#storage };
    return migrateExecution(deps, executionId, command);
  }

  /** See `CoordinatorRpc.planOf`. */
  async planOf(executionId: string): Promise<ExecutionPlan | null> {
    await this.retention.bring(executionId);
    return executionPlan(this.#storage, this.#residents, executionId);
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

  /** See `CoordinatorRpc.reportTask`. */
  async reportTask(executionId: string, which: TaskAttempt, report: TaskReport): Promise<TaskAnswer | null> {
    return this.#tasks.take(executionId, which, report);
  }

  /** What the tenant's feed wants from now on. */
  setFeed(wish: KnownWish): void {
    this.#feed.setWish(wish);
  }

  /** Steers an execution; see `CoordinatorRpc.act`. */
  async act(executionId: string, command: RunCommand, source?: PlanSource): Promise<Result<ExecutionRecord> | null> {
    if (command.type === "retry") {
      const done = await this.#retries.retry(executionId, command, source);
      globalThis.faultPoint?.("retry.done");
      const after = done?.ok ? await this.get(executionId) : null;
      return after ? success(after) : done?.ok ? null : done;
    }
    const resident = this.#residents.get(executionId);
    const before = resident && takenBefore(resident.driver.state, command);
    const refusal = resident && this.#deliver(resident, command);
    if (resident && refusal) {
      this.#residents.rest(resident);
      return failure(refusal.code, refusal.message, refusal.details);
    }
    globalThis.faultPoint?.("act.taken");
    const record = await this.get(executionId);
    globalThis.faultPoint?.("act.recorded");
    if (!record) return null;
    if (!resident) return answerAfterEnd(this.#storage, this.#plans, command, record, this.retention.hasMore);
    return answerToAct(command, record, true, before);
  }

  #deliver(resident: Resident, command: RunCommand): RunError | undefined {
    if (command.type !== "release") return resident.driver.deliver(command);
    return void this.#admissions.release(resident);
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

  /** Called now and then from outside. `retentionMs`: how long what has ended stays. */
  tick(retentionMs?: number): void {
    this.#admissions.tick();
    this.#outbox.storeWatermark();
    void this.retention.round(retentionMs);
  }

  isLive(executionId: string): boolean {
    return this.#residents.here(executionId) !== undefined || this.#storage.execution(executionId)?.finishedAt === null;
  }

  readOutbox(after: number, limit: number): OutboxPage {
    globalThis.faultPoint?.("outbox.read");
    const page = this.#outbox.read(Math.max(after, this.#outbox.watermark), limit);
    return this.#deps.single && this.retention.hasDuePurges(this.#deps.now()) ? { ...page, purges: true } : page;
  }

  ackOutbox(change: number, metered?: readonly MeteredUpTo[]): void {
    globalThis.faultPoint?.("outbox.before_ack");
    this.#outbox.ack(change, metered);
    globalThis.faultPoint?.("outbox.acked");
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
    globalThis.faultPoint?.("recover.before");
    this.#residents.recover();
    globalThis.faultPoint?.("recover.revived");
    this.#admissions.tick();
    this.#keepAwake();
    this.#outbox.announce(this.#deps.now());
    this.#feed.announce();
  }

  onAlarm(): void {
    this.#alarmAt = 0;
    try {
      globalThis.faultPoint?.("alarm.rang");
      this.#residents.awakenDue();
      globalThis.faultPoint?.("alarm.awoken");
      this.#residents.reportUsage();
      this.#admissions.tick();
      this.#storage.forgetExpired(this.#deps.now());
      this.#outbox.storeWatermark();
      if (this.#deps.single) this.#roundAlone();
    } finally {
      globalThis.faultPoint?.("alarm.before_next");
      this.#keepAwake();
      globalThis.faultPoint?.("alarm.set");
      this.#outbox.announce(this.#deps.now());
      this.#feed.announce();
    }
  }

  /** What the sweeper does for other cells. */
  #roundAlone(): void {
    void this.retention.round().then(() => this.#keepAwake());
    if (this.retention.hasDuePurges(this.#deps.now())) this.#deps.hintOutbox();
  }

  async #replay(command: StartCommand, executionId: string): Promise<StartAnswer> {
    const resident = this.#residents.here(executionId);
    if (command.waitMs === undefined) {
      if (resident) await this.#residents.committed(resident);
      globalThis.faultPoint?.("replay.committed");
      return { kind: "accepted", executionId, replayed: true };
    }
    if (resident && resident.waiters.size > 0) {
      const ended = await this.#residents.ended(resident, Math.min(command.waitMs, SECOND_REQUEST_WAITS_MS));
      globalThis.faultPoint?.("replay.waited");
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
    globalThis.faultPoint?.("sync.ended");
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
    const wanted = Math.min(due, idle ? this.retention.nextRound(now) : now + this.#deps.alarmMs);
    if (!Number.isFinite(wanted) || (this.#alarmAt > now && this.#alarmAt <= wanted)) return;
    this.#alarmAt = Math.max(wanted, now);
    this.#deps.setAlarm(this.#alarmAt);
  }
}

/** A second request with the same Idempotency-Key waits this long for the first (section 20). */
const SECOND_REQUEST_WAITS_MS = 2_000;
