import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import { failure, type Result, success } from "../../contracts/errors.ts";
import type { CallContext, OutboxPage, StartAnswer, StartCommand } from "../../contracts/rpc.ts";
import { RunDriver } from "../../engine/driver/run-driver.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { fold } from "../../engine/run/apply.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CellStorage } from "./cell-storage.ts";
import { CommitGroup } from "./commit-group.ts";
import { executionRecord } from "../../contracts/execution-record.ts";
import { callContextOf, headOf, projectionOf, stepOf, type StoredHead } from "./execution-head.ts";
import { hostFailure } from "./host-failure.ts";
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
    const { inputs, env, trigger, timeoutMs, waitMs, principal } = command;
    const start = { type: "start" as const, inputs, env, trigger, timeoutMs, principal };
    resident.birth = { planDigest: command.planDigest, start, idempotency };
    if (idempotency) this.#starts.begin(idempotency, head.executionId);
    resident.driver.deliver(start);
    if (waitMs === undefined) {
      await this.#committed(resident);
      return { kind: "accepted", executionId: head.executionId, replayed: false };
    }
    return this.#answerWithin(resident, waitMs, false);
  }

  async get(executionId: string, waitMs = 0): Promise<ExecutionRecord | null> {
    const resident = waitMs > 0 ? this.#residents.get(executionId) : undefined;
    const ended = resident && (await this.#ended(resident, waitMs));
    if (ended) return ended.birth ? null : this.#record(ended);
    return this.#read(executionId, (head, plan, state) => executionRecord(plan, state, head, this.#deps.now()));
  }

  async getStep(executionId: string, path: string): Promise<StepRecord | null> {
    return this.#read(executionId, (_head, plan, state) => stepOf(plan, state, path));
  }

  async cancel(
    executionId: string,
    reason: string | undefined,
    actor: string,
  ): Promise<Result<ExecutionRecord> | null> {
    this.#residents.get(executionId)?.driver.deliver({ type: "cancel", reason, actor });
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
    try {
      this.#storage.forgetExpired(this.#deps.now());
      this.#outbox.storeWatermark();
    } finally {
      this.#keepAwake();
      this.#outbox.announce(this.#deps.now());
    }
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
    try {
      this.#atomically(() => {
        for (const resident of residents) this.#writeOne(resident);
        this.#outbox.storeWatermark();
      });
    } catch {
      for (const resident of residents) {
        try {
          this.#atomically(() => this.#writeOne(resident));
        } catch (error) {
          failures.set(resident, error);
        }
      }
    }
    for (const resident of residents) if (!failures.has(resident)) this.#written(resident);
    this.#keepAwake();
    return failures;
  }

  #atomically(writes: () => void): void {
    const mark = this.#outbox.mark();
    try {
      this.#storage.prepare();
      this.#storage.atomically(writes);
    } catch (error) {
      this.#outbox.rewind(mark);
      throw error;
    }
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
    resident.logSize += this.#storage.append(head.executionId, resident.pending);
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
    this.#group.whenSettled(resident, () => this.#failByName(resident, error));
  }

  /** Folds the execution again from what is stored and ends it with an error that says why. Others go on. */
  #failByName(resident: Resident, error: unknown): void {
    const { executionId } = resident.head;
    if (this.#residents.get(executionId) !== resident) return;
    this.#deps.report(`execution ${executionId} failed outside of its workflow`, error);
    resident.spoilt = true;
    this.#residents.delete(executionId);
    resident.driver.dispose();
    const successor = resident.failing ? undefined : this.#successor(resident);
    if (!successor) {
      if (resident.birth?.idempotency) this.#starts.forget(resident.birth.idempotency.key);
      for (const waiter of resident.waiters) waiter(resident);
      return;
    }
    resident.successor = successor;
    successor.failing = true;
    for (const waiter of resident.waiters) successor.waiters.add(waiter);
    const failure = hostFailure(error);
    const { birth } = successor;
    // Of what could not be stored, only what the caller sent is tried again: no step will read the rest.
    if (birth) successor.driver.deliver({ type: "start", inputs: birth.start.inputs, failure });
    else successor.driver.deliver({ type: "fail", error: failure });
  }

  /** The execution as it is on disk; as before its first event, when it never came there. */
  #successor(resident: Resident): Resident | undefined {
    const { head, plan, birth } = resident;
    const { executionId, runAttempt } = head;
    try {
      if (!birth) return this.#revive(executionId);
      const unborn = this.#resident(head, plan, newRun({ executionId, runAttempt }));
      unborn.birth = birth;
      return unborn;
    } catch (error) {
      this.#deps.report(`execution ${executionId} could not be revived`, error);
      return undefined;
    }
  }

  #revive(executionId: string): Resident | undefined {
    return (
      this.#stored(executionId, (head, plan, state) => {
        const resident = this.#resident(head, plan, state);
        resident.storedStatus = state.status;
        resident.logSize = this.#storage.logSize(executionId);
        return resident;
      }) ?? undefined
    );
  }

  /** Reads an execution as it is on disk. What is in memory counts only when all of it is there. */
  async #read<T>(executionId: string, use: (head: StoredHead, plan: Plan, state: RunState) => T): Promise<T | null> {
    for (;;) {
      const resident = this.#residents.get(executionId);
      if (!resident) return this.#stored(executionId, use);
      const settled = this.#group.settled(resident);
      if (!settled) return use(resident.head, resident.plan, resident.driver.state);
      await settled;
    }
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
      if (ended) return this.#finished(ended, true);
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
    return ended ? this.#finished(ended, replayed) : { kind: "accepted", executionId, replayed };
  }

  #finished(ended: Resident, replayed: boolean): StartAnswer {
    const { executionId } = ended.head;
    if (ended.birth) throw new Error(`execution ${executionId} could not be stored`);
    return { kind: "finished", executionId, replayed, record: this.#record(ended) };
  }

  async #committed(resident: Resident): Promise<void> {
    let last = resident;
    for (;;) {
      await this.#group.settled(last);
      if (!last.successor) break;
      last = last.successor;
    }
    if (last.birth) throw new Error(`execution ${last.head.executionId} could not be stored`);
  }

  /** Waits for the end, at most `waitMs`; undefined when it has not come by then. */
  async #ended(caused: Resident, waitMs: number): Promise<Resident | undefined> {
    let resident = caused;
    while (resident.successor) resident = resident.successor;
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
    return executionRecord(resident.plan, resident.driver.state, resident.head, this.#deps.now());
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
