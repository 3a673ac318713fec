import { stepRecord } from "../../contracts/execution-record.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import { failure, type Result, success } from "../../contracts/errors.ts";
import type { CallContext, OutboxPage, StartAnswer, StartCommand } from "../../contracts/rpc.ts";
import { RunDriver } from "../../engine/driver/run-driver.ts";
import type { RunError } from "../../engine/errors.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { fold } from "../../engine/run/apply.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import { type CellStorage, RowTooLarge } from "./cell-storage.ts";
import { CommitGroup } from "./commit-group.ts";
import { callContextOf, headOf, projectionOf, recordOf, type StoredHead } from "./execution-head.ts";
import { IdempotentStarts } from "./idempotent-starts.ts";
import { Outbox } from "./outbox.ts";
import { PlanCache } from "./plan-cache.ts";
import { Resident } from "./resident.ts";
import { ResidentPort } from "./resident-port.ts";

export interface CellDeps {
  storage: CellStorage;
  timers: TimerQueue;
  /** The recovery alarm is never further ahead than this while anything is unfinished or unsent. */
  alarmMs: number;
  now(): number;
  wait(ms: number): Promise<void>;
  call(call: ActionCall, context: CallContext): Promise<ActionResult>;
  setAlarm(at: number): void;
  /** Tells the sink to read this cell's outbox. */
  hintOutbox(): void;
  /** A fault that no caller is told: for the operator. */
  report(message: string, error: unknown): void;
}

/** Executions of one tenant and environment: what is in flight is in memory, everything is on disk first. */
export class Cell {
  readonly #deps: CellDeps;
  readonly #storage: CellStorage;
  readonly #group: CommitGroup;
  readonly #plans: PlanCache;
  readonly #outbox: Outbox;
  readonly #starts: IdempotentStarts;
  readonly #residents = new Map<string, Resident>();
  #calls = 0;
  #alarmAt = 0;

  constructor(deps: CellDeps) {
    this.#deps = deps;
    this.#storage = deps.storage;
    this.#plans = new PlanCache(deps.storage);
    this.#outbox = new Outbox(deps.storage, deps.timers, deps.hintOutbox);
    this.#starts = new IdempotentStarts(deps.storage);
    this.#group = new CommitGroup({
      now: deps.now,
      load: () => Math.max(this.#residents.size, this.#calls),
      write: (residents) => this.#write(residents),
      wait: deps.wait,
      failed: (resident, error) => this.#failByName(resident, error),
    });
  }

  get unfinished(): number {
    return this.#residents.size;
  }

  async start(command: StartCommand): Promise<StartAnswer> {
    const { idempotency } = command;
    const before = idempotency && this.#starts.find(idempotency.key, this.#deps.now());
    if (idempotency && before) {
      if (before.bodyHash !== idempotency.bodyHash) {
        return { kind: "conflict", message: "This Idempotency-Key was used with another request body" };
      }
      return this.#replay(command, before.execution);
    }
    const plan = this.#plans.find(command.planDigest, command.plan);
    if (!plan) return { kind: "unknown_plan" };
    const head = headOf(command, this.#group.now());
    const state = newRun({ executionId: head.executionId, runAttempt: head.runAttempt });
    const resident = this.#resident(head, plan, state);
    resident.birth = { planDigest: command.planDigest, idempotency };
    if (idempotency) this.#starts.begin(idempotency, head.executionId);
    const { inputs, env, trigger, timeoutMs, waitMs, principal } = command;
    resident.driver.deliver({ type: "start", inputs, env, trigger, timeoutMs, principal });
    if (waitMs === undefined) {
      await this.#committed(resident);
      return { kind: "accepted", executionId: head.executionId, replayed: false };
    }
    return this.#answerWithin(resident, waitMs, false);
  }

  async get(executionId: string, waitMs = 0): Promise<ExecutionRecord | null> {
    const resident = this.#residents.get(executionId);
    if (!resident)
      return this.#stored(executionId, (head, plan, state) => recordOf(plan, state, head, this.#deps.now()));
    await this.#group.settled(resident);
    const ended = waitMs > 0 ? await this.#ended(resident, waitMs) : undefined;
    return this.#record(ended ?? this.#residents.get(executionId) ?? resident);
  }

  async getStep(executionId: string, path: string): Promise<StepRecord | null> {
    const resident = this.#residents.get(executionId);
    const find = (plan: Plan, state: RunState): StepRecord | null => {
      const instance = state.instances.get(path);
      const step = instance && plan.byAddress.get(instance.address);
      return step ? stepRecord(step, instance) : null;
    };
    if (!resident) return this.#stored(executionId, (_head, plan, state) => find(plan, state));
    await this.#group.settled(resident);
    return find(resident.plan, resident.driver.state);
  }

  async cancel(
    executionId: string,
    reason: string | undefined,
    actor: string,
  ): Promise<Result<ExecutionRecord> | null> {
    const resident = this.#residents.get(executionId);
    if (resident) {
      resident.driver.deliver({ type: "cancel", reason, actor });
      await this.#group.settled(resident);
    }
    const record = await this.get(executionId);
    if (!record || record.status === "canceled") return record && success(record);
    return failure("CONFLICT", `The execution has already ended: it is ${record.status}`, { status: record.status });
  }

  readOutbox(after: number, limit: number): OutboxPage {
    return this.#outbox.read(Math.max(after, this.#outbox.watermark), limit);
  }

  ackOutbox(change: number): void {
    this.#outbox.ack(change);
    this.#outbox.announce(this.#deps.now());
  }

  /** After a restart: everything unfinished is folded and goes on. */
  recover(): void {
    for (const id of this.#storage.unfinished()) {
      if (this.#residents.has(id)) continue;
      try {
        const revived = this.#revive(id);
        if (revived) revived.driver.resume();
      } catch (error) {
        this.#deps.report(`execution ${id} could not be revived`, error);
      }
    }
    this.#keepAwake();
    this.#outbox.announce(this.#deps.now());
  }

  onAlarm(): void {
    this.#alarmAt = 0;
    this.#storage.forgetExpired(this.#deps.now());
    this.#outbox.storeWatermark();
    this.#keepAwake();
    this.#outbox.announce(this.#deps.now());
  }

  #resident(head: StoredHead, plan: Plan, state: RunState): Resident {
    const resident = new Resident(head, plan, callContextOf(plan, head), undefined);
    const port = new ResidentPort(resident, {
      group: this.#group,
      timers: this.#deps.timers,
      call: (caller, call) => this.#call(caller, call),
      soon: (task) => void this.#deps.wait(0).then(task),
      ended: (ended) => this.#leave(ended),
      crashed: (broken, error) => this.#crashed(broken, error),
    });
    this.#residents.set(head.executionId, resident);
    return resident.drivenBy(new RunDriver(plan, state, port));
  }

  async #call(resident: Resident, call: ActionCall): Promise<ActionResult> {
    this.#calls += 1;
    try {
      return await this.#deps.call(call, resident.context);
    } finally {
      this.#calls -= 1;
    }
  }

  #write(residents: readonly Resident[]): Map<Resident, unknown> {
    const failures = new Map<Resident, unknown>();
    this.#storage.prepare();
    try {
      this.#storage.atomically(() => {
        for (const resident of residents) this.#writeOne(resident);
        this.#outbox.storeWatermark();
      });
    } catch {
      for (const resident of residents) {
        try {
          this.#storage.atomically(() => this.#writeOne(resident));
        } catch (error) {
          failures.set(resident, error);
        }
      }
    }
    for (const resident of residents) if (!failures.has(resident)) this.#written(resident);
    this.#keepAwake();
    return failures;
  }

  #writeOne(resident: Resident): void {
    const { birth, head, plan } = resident;
    const { state } = resident.driver;
    if (birth || state.status !== resident.storedStatus) {
      const row = {
        id: head.executionId,
        status: state.status,
        finishedAt: state.finishedAt,
        change: this.#outbox.next(),
        projection: JSON.stringify(projectionOf(plan, state, head)),
      };
      if (birth) {
        this.#plans.store(birth.planDigest);
        this.#storage.insertExecution({
          ...row,
          plan: birth.planDigest,
          head: JSON.stringify(head),
          createdAt: head.createdAt,
        });
        if (birth.idempotency) this.#starts.store(birth.idempotency, head.executionId, head.createdAt);
      } else {
        this.#storage.updateExecution(row);
      }
    }
    this.#storage.append(head.executionId, resident.pending);
  }

  #written(resident: Resident): void {
    if (resident.birth) {
      this.#plans.stored(resident.birth.planDigest);
      if (resident.birth.idempotency) this.#starts.stored(resident.birth.idempotency.key);
      resident.birth = undefined;
    }
    const { status } = resident.driver.state;
    if (status !== resident.storedStatus) this.#outbox.announce(this.#deps.now());
    resident.storedStatus = status;
  }

  #leave(resident: Resident): void {
    if (this.#residents.get(resident.head.executionId) !== resident) return;
    this.#residents.delete(resident.head.executionId);
    resident.driver.dispose();
    for (const waiter of resident.waiters) waiter(resident);
  }

  /** A bug in a transition: what was committed before it stands, what it half did is forgotten. */
  #crashed(resident: Resident, error: unknown): void {
    resident.spoilt = true;
    const settled = this.#group.settled(resident);
    if (settled) void settled.then(() => this.#failByName(resident, error));
    else this.#failByName(resident, error);
  }

  /** Folds the execution again from what is stored and ends it with an error that says why. Others go on. */
  #failByName(resident: Resident, error: unknown): void {
    const { executionId } = resident.head;
    if (this.#residents.get(executionId) !== resident) return;
    this.#deps.report(`execution ${executionId} failed outside of its workflow`, error);
    resident.spoilt = true;
    this.#residents.delete(executionId);
    resident.driver.dispose();
    if (resident.birth?.idempotency) this.#starts.forget(resident.birth.idempotency.key);
    const revived = resident.failing ? undefined : this.#revive(executionId);
    if (!revived) {
      for (const waiter of resident.waiters) waiter(resident);
      return;
    }
    revived.failing = true;
    for (const waiter of resident.waiters) revived.waiters.add(waiter);
    revived.driver.deliver({ type: "fail", error: hostFailure(error) });
  }

  #revive(executionId: string): Resident | undefined {
    return (
      this.#stored(executionId, (head, plan, state) => {
        const resident = this.#resident(head, plan, state);
        resident.storedStatus = state.status;
        return resident;
      }) ?? undefined
    );
  }

  #stored<T>(executionId: string, use: (head: StoredHead, plan: Plan, state: RunState) => T): T | null {
    const row = this.#storage.execution(executionId);
    if (!row) return null;
    const plan = this.#plans.find(row.plan);
    if (!plan) throw new Error(`execution ${executionId} has no stored plan`);
    const head = JSON.parse(row.head) as StoredHead;
    const identity = { executionId, runAttempt: head.runAttempt };
    return use(head, plan, fold(plan, identity, this.#storage.log(executionId)));
  }

  async #replay(command: StartCommand, executionId: string): Promise<StartAnswer> {
    const resident = this.#residents.get(executionId);
    if (command.waitMs === undefined) {
      if (resident) await this.#committed(resident);
      return { kind: "accepted", executionId, replayed: true };
    }
    if (resident && resident.waiters.size > 0) {
      const ended = await this.#ended(resident, Math.min(command.waitMs, SECOND_REQUEST_WAITS_MS));
      if (ended) return { kind: "finished", executionId, replayed: true, record: this.#record(ended) };
      const message = "A request with this Idempotency-Key is still in flight";
      return { kind: "conflict", message, retryAfter: 1 };
    }
    if (resident) return this.#answerWithin(resident, command.waitMs, true);
    const record = await this.get(executionId);
    return record
      ? { kind: "finished", executionId, replayed: true, record }
      : { kind: "accepted", executionId, replayed: true };
  }

  async #answerWithin(resident: Resident, waitMs: number, replayed: boolean): Promise<StartAnswer> {
    const { executionId } = resident.head;
    const ended = await this.#ended(resident, waitMs);
    if (ended && ended.birth === undefined)
      return { kind: "finished", executionId, replayed, record: this.#record(ended) };
    if (ended) throw new Error(`execution ${executionId} could not be stored`);
    return { kind: "accepted", executionId, replayed };
  }

  async #committed(resident: Resident): Promise<void> {
    await this.#group.settled(resident);
    if (resident.birth) throw new Error(`execution ${resident.head.executionId} could not be stored`);
  }

  /** Waits for the end, at most `waitMs`; undefined when it has not come by then. */
  async #ended(resident: Resident, waitMs: number): Promise<Resident | undefined> {
    if (this.#residents.get(resident.head.executionId) !== resident) return resident;
    return new Promise((resolve) => {
      const waiter = (ended: Resident): void => {
        takeBack();
        resolve(ended);
      };
      resident.waiters.add(waiter);
      const takeBack = this.#deps.timers.at(this.#deps.now() + waitMs, () => {
        resident.waiters.delete(waiter);
        resolve(undefined);
      });
    });
  }

  #record(resident: Resident): ExecutionRecord {
    return recordOf(resident.plan, resident.driver.state, resident.head, this.#deps.now());
  }

  #keepAwake(): void {
    const now = this.#deps.now();
    if (this.#alarmAt > now || (this.#residents.size === 0 && this.#outbox.drained)) return;
    this.#alarmAt = now + this.#deps.alarmMs;
    this.#deps.setAlarm(this.#alarmAt);
  }
}

/** A second request with the same Idempotency-Key waits this long for the first (section 20). */
const SECOND_REQUEST_WAITS_MS = 2_000;

function hostFailure(error: unknown): RunError {
  if (error instanceof RowTooLarge) {
    return {
      code: "PAYLOAD_TOO_LARGE",
      message: `The execution could not be stored: ${error.message}`,
      details: { limit: "payload_bytes" },
    };
  }
  return {
    code: "INTERNAL_ERROR",
    message: "The execution was stopped by a fault of the platform",
    details: { reason: "quarantined" },
  };
}
