import { failure, type Failure } from "../../contracts/errors.ts";
import type { BudgetList, LeaseAnswer, LeaseAsk, LeaseReport } from "../../contracts/lease.ts";
import { LIMITS } from "../../contracts/limits.ts";
import { periodEnd } from "../../contracts/period.ts";
import type { Admittance, Opening } from "../../engine/run/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { Hold, RunStatus } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import { Allowances } from "./allowances.ts";
import type { CellStorage } from "./cell-storage.ts";
import { MonthAccounts, type MonthNames } from "./month-accounts.ts";
import { Reservations } from "./reservations.ts";
import type { Resident } from "./resident.ts";
import { SharedBudgets } from "./shared-budgets.ts";
import { StartQueue } from "./start-queue.ts";

export interface AdmissionDeps {
  storage: CellStorage;
  timers: TimerQueue;
  now(): number;
  wait(ms: number): Promise<void>;
  ask(question: Omit<LeaseAsk, "holder">): Promise<LeaseAnswer>;
  /** The cell is there for one execution. */
  single: boolean;
  get(executionId: string): Resident | undefined;
  isCurrent(resident: Resident): boolean;
  report(message: string, error: unknown): void;
}

/** A start that may go on: at once, or when what it holds for is there. */
export interface Entry {
  reservations: Reservations;
  hold?: Hold;
}

const RUNNING = "concurrent_executions";
const QUEUED = "queued_executions";
const STORED = "stored_bytes";
/** Characters of logs that are written between two measurements of what is stored. */
const MEASURE_EVERY = 262_144;
/** How often a cell asks again for what the tenant object did not have, while executions queue here. */
const RETRY_MS = [1_000, 2_000, 5_000, 10_000] as const;
const RELEASED_AT_ONCE = 32;
/** Seconds until somebody who found no room may find some. */
const RETRY_AFTER_S = 5;

/** What may start, begin and go on in this cell, within the limits and budgets of its tenant (docs/design/limits.md). */
export class Admissions {
  readonly #deps: AdmissionDeps;
  readonly #allowances: Allowances;
  readonly #queue: StartQueue;
  readonly #budgets: SharedBudgets;
  readonly #months = new MonthAccounts();
  #grown = 0;
  #pumping = false;
  #tried = 0;
  #retry: (() => void) | undefined;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    const closed = () => deps.single && !deps.storage.hasUnfinished();
    this.#allowances = new Allowances({ ...deps, closed });
    this.#queue = new StartQueue(deps.storage);
    this.#budgets = new SharedBudgets({ ...deps, allowances: this.#allowances });
  }

  /** Executions that queue here for others to end. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Of one that queues here. */
  position(executionId: string): number | undefined {
    return this.#queue.position(executionId);
  }

  reservations(): Reservations {
    return new Reservations(this.#allowances);
  }

  /** A start, as far as that can be said without asking anybody; undefined: ask (`mayStart`, `mayBegin`). */
  enter(hold: Hold | undefined): Entry | Failure | undefined {
    const reservations = this.#reserveStart();
    if (!reservations) return undefined;
    const entry = hold ? { reservations, hold } : this.#begin(reservations);
    if (entry === undefined || "ok" in entry) reservations.drop();
    this.#askAhead();
    return entry;
  }

  /** Whether the tenant may start anything this month: what it is promised, or why not. */
  async mayStart(): Promise<Reservations | Failure> {
    const names = [...this.#monthly(), STORED];
    for (;;) {
      const reserved = this.#reserveStart();
      if (reserved) return reserved;
      // What an answer gave may be gone to others that waited for it: only a refusal says that nothing is left.
      if (names.some((name) => this.#allowances.refused(name))) return this.#quotaIsSpent(names);
      const failed = await this.#ask([...names, RUNNING, QUEUED]);
      if (failed) return failed;
    }
  }

  /** Whether it begins at once, or queues; or why it may not even do that. */
  async mayBegin(reservations: Reservations): Promise<Entry | Failure> {
    const known = this.#begin(reservations);
    if (known) return known;
    const failed = await this.#ask([RUNNING, QUEUED]);
    return failed ?? this.#begin(reservations, true) ?? unavailable();
  }

  /** Room for an execution that goes on after its end: it does not queue. */
  async mayGoOn(): Promise<Reservations | Failure> {
    const [, steps] = this.#monthly();
    const reservations = this.reservations();
    const fits = () => this.#allowances.room(steps) >= 1 && this.#queue.size === 0 && reservations.take(RUNNING);
    if (fits()) return reservations;
    const failed = await this.#ask([steps, RUNNING]);
    if (failed) return failed;
    if (fits()) return reservations;
    if (this.#allowances.room(steps) < 1) return this.#quotaIsSpent([steps]);
    const { limit } = this.#allowances.state(RUNNING);
    const message = `As many executions run as may at once (${limit}): ask again when one has ended.`;
    return { ...failure("RATE_LIMITED", message, { limit: RUNNING, max: limit }), retryAfter: RETRY_AFTER_S };
  }

  /** Nothing else holds a pending execution any more: it begins, or queues. */
  release(resident: Resident): void {
    const { head, driver, reservations } = resident;
    if (driver.state.status !== "pending" || driver.state.hold?.kind === "capacity") return;
    if (head.parent || (this.#queue.size === 0 && reservations.take(RUNNING))) driver.deliver({ type: "release" });
    else driver.deliver({ type: "release", then: this.#capacityHold() });
  }

  /** See `HostPort.admits`. */
  admits(resident: Resident, kind: Opening): Admittance {
    if (kind !== "begin") return this.#budgets.admits(resident, kind);
    if (resident.head.parent || (this.#queue.size === 0 && resident.reservations.take(RUNNING))) return true;
    return { budget: RUNNING, ...this.#allowances.state(RUNNING) };
  }

  /** In the transaction that writes what an execution has pending; `chars`: of its log, that it adds. */
  stage(resident: Resident, chars: number): void {
    this.#grown += chars;
    if (this.#grown >= MEASURE_EVERY) this.#measure();
    const { head, driver, storedStatus, birth, metered } = resident;
    const { state } = driver;
    if (!head.parent) {
      const [executions] = this.#monthly();
      if (birth) this.#allowances.stage(executions, 1);
      this.#allowances.stage(RUNNING, hasBegun(state.status) - hasBegun(storedStatus));
      const queues = isQueued(resident);
      if (queues !== resident.queued) {
        if (queues) this.#deps.storage.putQueued(head.executionId, slugOf(resident), head.priority ?? 0);
        else this.#deps.storage.deleteQueued(head.executionId);
        this.#allowances.stage(QUEUED, queues ? 1 : -1);
      }
    }
    const [, steps] = this.#monthly();
    this.#allowances.stage(steps, state.usage.stepRuns - metered.stepRuns);
    this.#budgets.stage(resident);
  }

  /** At the end of that transaction. */
  store(): void {
    this.#allowances.storeStaged();
  }

  /** It is through, or was rolled back. */
  settle(written: boolean): void {
    this.#allowances.settleStaged(written);
  }

  written(resident: Resident, statusBefore: string): void {
    const { state } = resident.driver;
    const { executionId, priority = 0 } = resident.head;
    resident.reservations.drop();
    resident.metered = { steps: state.steps, stepRuns: state.usage.stepRuns };
    resident.queued = isQueued(resident);
    if (resident.queued) this.#queue.add(executionId, slugOf(resident), priority);
    else this.#queue.remove(executionId);
    this.#budgets.written(resident);
    if (this.#queue.size > 0 && (resident.queued || hasBegun(statusBefore) > hasBegun(state.status))) this.pump();
  }

  /** Lets queued executions begin while there is room. */
  pump(): void {
    if (this.#pumping || this.#queue.size === 0) return;
    this.#pumping = true;
    // In a turn of its own: what just ended, or came, is answered first.
    void this.#deps
      .wait(0)
      .then(() => this.#release())
      .catch((error: unknown) => this.#deps.report("queued executions could not be released", error))
      .finally(() => {
        this.#pumping = false;
      });
  }

  report(account: string, mark: number | undefined): LeaseReport | null {
    if (account === STORED) this.#measure();
    return this.#allowances.report(account, mark);
  }

  changed(list: BudgetList): void {
    this.#allowances.putBudgets(list);
    this.#tried = 0;
    this.pump();
    void this.#budgets.resumeHeld().catch((error: unknown) => this.#deps.report("paused executions", error));
  }

  tick(): void {
    this.pump();
    void this.#budgets.tick().catch((error: unknown) => this.#deps.report("paused executions", error));
  }

  async #release(): Promise<void> {
    for (let released = 1; this.#queue.size > 0; released += 1) {
      if (this.#allowances.room(RUNNING) < 1) {
        if (!this.#allowances.refused(RUNNING)) await this.#ask([RUNNING, QUEUED]);
        if (this.#allowances.room(RUNNING) < 1) return this.#tryLater();
      }
      this.#tried = 0;
      const id = this.#queue.next();
      const resident = id === undefined ? undefined : this.#deps.get(id);
      globalThis.faultPoint?.("queue.before");
      if (resident && isQueued(resident) && resident.reservations.take(RUNNING))
        resident.driver.deliver({ type: "release" });
      globalThis.faultPoint?.("queue.released");
      if (released % RELEASED_AT_ONCE === 0) await this.#deps.wait(0);
    }
  }

  #tryLater(): void {
    const delay = RETRY_MS[Math.min(this.#tried, RETRY_MS.length - 1)] ?? 0;
    this.#tried += 1;
    this.#retry?.();
    this.#retry = this.#deps.timers.at(this.#deps.now() + delay, () => this.pump());
  }

  /** Undefined: there may be room, but not here. `asked`: it was asked for, and this is all there is. */
  #begin(reservations: Reservations, asked = false): Entry | Failure | undefined {
    if (this.#queue.size === 0 && reservations.take(RUNNING)) return { reservations };
    if (this.#queue.size === 0 && !asked && !this.#allowances.refused(RUNNING)) return undefined;
    const { limit } = this.#allowances.state(QUEUED);
    const most = limit || LIMITS.queued_executions.default;
    if (this.#queue.size < most) return { reservations, hold: this.#capacityHold() };
    const message = `There are ${most} executions in the queue already: wait until some have begun.`;
    return { ...failure("RATE_LIMITED", message, { limit: QUEUED, max: most }), retryAfter: 5 };
  }

  #capacityHold(): Hold {
    return { kind: "capacity", limit: this.#allowances.state(RUNNING).limit };
  }

  #reserveStart(): Reservations | undefined {
    const [executions, steps] = this.#monthly();
    if (this.#allowances.room(steps) < 1 || this.#allowances.room(STORED) < 1) return undefined;
    const reservations = this.reservations();
    return reservations.take(executions) ? reservations : undefined;
  }

  #monthly(): MonthNames {
    return this.#months.at(this.#deps.now());
  }

  #quotaIsSpent(names: readonly string[]): Failure {
    const spent = names.find((name) => this.#allowances.room(name) < 1) ?? names[0] ?? "";
    const [quota = "", month = ""] = spent.split("@");
    const { used, limit } = this.#allowances.state(spent);
    if (quota === STORED) {
      const message = `The quota ${quota} of ${limit} is used up: nothing new is started until it is raised.`;
      return failure("QUOTA_EXCEEDED", message, { quota, limit, used: Math.max(used, limit) });
    }
    const resetsAt = new Date(periodEnd(month) ?? 0).toISOString();
    const message = `The quota ${quota} of ${limit} is used up until ${resetsAt}.`;
    return failure("QUOTA_EXCEEDED", message, { quota, limit, used: Math.max(used, limit), resets_at: resetsAt });
  }

  #askAhead(): void {
    const low = [...this.#monthly(), RUNNING, STORED].filter((name) => this.#allowances.isLow(name));
    if (low.length > 0 && !this.#deps.single) void this.#ask(low);
  }

  #measure(): void {
    this.#grown = 0;
    this.#allowances.measured(STORED, this.#deps.storage.bytes);
  }

  /** Why there was no answer. */
  async #ask(names: readonly string[]): Promise<Failure | undefined> {
    if (names.includes(STORED)) this.#measure();
    try {
      await this.#allowances.ask(names);
      return undefined;
    } catch {
      return unavailable();
    }
  }
}

/** 1 while it counts as running: what waits or is paused does, too. */
function hasBegun(status: string): number {
  return status === "" || status === "pending" || isTerminal(status as RunStatus) ? 0 : 1;
}

function isQueued({ driver }: Resident): boolean {
  const { status, hold } = driver.state;
  return status === "pending" && hold?.kind === "capacity";
}

function slugOf({ plan }: Resident): string {
  return plan.definition.slug;
}

function unavailable(): Failure {
  return { ...failure("UNAVAILABLE", "The tenant's limits cannot be asked for right now. Try again."), retryAfter: 1 };
}
