import type { RunDriver } from "../../engine/driver/run-driver.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { attemptName } from "../../engine/run/attempt-name.ts";
import { idempotencyKeyOf } from "../../engine/run/idempotency-key.ts";
import type { EngineInput, StampedEvent } from "../../engine/run/types.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { SharedBudget } from "../../contracts/shared-budget.ts";
import { LargeIndex } from "../archive/large-index.ts";
import type { LargeReader } from "../archive/large-reader.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { Reservations } from "./reservations.ts";

/** What must be written with an execution's first events. */
export interface Birth {
  planDigest: string;
  start: Extract<EngineInput, { type: "start" }>;
  idempotency?: { key: string; bodyHash: string };
}

/** An execution with work in flight, in the memory of its cell. */
export class Resident {
  head: StoredHead;
  plan: Plan;
  context: CallContext;
  /** Set until the first commit. */
  birth: Birth | undefined;
  /** Events applied to the state in memory but not yet written. */
  pending: StampedEvent[] = [];
  /** What waits for them: effects, answers. Called with an error when they could not be written. */
  afterCommit: ((error?: unknown) => void)[] = [];
  /** Callers who wait for the end; they are handed the resident that reached it. */
  readonly waiters = new Set<(ended: Resident) => void>();
  /** Digest of the plan that it goes on with, until that and its head are written. */
  next: string | undefined;
  /** Its outputs over the inline limit, where it has some. */
  large?: LargeIndex;
  /** Characters of its stored log: about what it takes of the object's memory. */
  logSize = 0;
  /** Characters that its events have beside, where readers see them: pieces of its large outputs. */
  apartSize = 0;
  /** Status that the stored row shows. */
  storedStatus = "";
  /** Step runs that the stored row shows: the sink has those, or will when it reads the row. */
  reportedRuns = 0;
  /** A bug or a storage limit has spoilt the state in memory: nothing of it is written any more. */
  spoilt = false;
  /** Calls in flight that are executions of their own, by path and attempt; errands to the tenant object. */
  readonly children = new Map<string, string>();
  errands = 0;
  /** Executions that its steps have started, as long as their ends are not in its log: what they spend counts with it. */
  readonly started = new Map<string, { path: string; attempt: number }>();
  /** Attempts that their services finish later: what names each, by path. */
  readonly tasks = new Map<string, string>();
  /** What their services were given, sealed, by path, until that they are pending is on the disk. */
  readonly revealed = new Map<string, { attempt: number; sealed: string }>();
  /** The concurrency key whose slot was asked for. */
  heldFor: string | undefined;
  /** It is being failed by name after such a fault; a second one is not caught again. */
  failing = false;
  /** What took its place when it was failed by name. */
  successor: Resident | undefined;
  /** What it was promised of its tenant's limits and has not written yet. */
  readonly reservations: Reservations;
  /** It stands in the queue for the tenant's running executions. */
  queued = false;
  /** What of its state stands in the cell's counts. */
  metered = { steps: 0, stepRuns: 0 };
  /** The budgets that it shares, as of a version of the tenant's. */
  budgets: { version: number; list: readonly SharedBudget[] } | undefined;
  #driver: RunDriver | undefined;

  constructor(head: StoredHead, plan: Plan, context: CallContext, reservations: Reservations) {
    this.head = head;
    this.plan = plan;
    this.context = context;
    this.reservations = reservations;
  }

  get driver(): RunDriver {
    if (!this.#driver) throw new Error(`execution ${this.head.executionId} has no driver yet`);
    return this.#driver;
  }

  /** What its row says of it. */
  storedIn(storage: Pick<CellStorage, "logSize" | "reportedRuns">, { values, answers, bytes }: LargeReader): this {
    if (values.length > 0) this.large = new LargeIndex();
    for (const value of values) this.large?.add(value);
    for (const [path, size] of answers) this.large?.hold(path, size);
    this.apartSize = bytes;
    const { executionId } = this.head;
    this.storedStatus = this.driver.state.status;
    this.logSize = storage.logSize(executionId);
    this.reportedRuns = storage.reportedRuns(executionId);
    return this;
  }

  drivenBy(driver: RunDriver): this {
    const { state } = driver;
    this.#driver = driver;
    for (const { path, task, attempt } of state.open.values())
      if (task) this.tasks.set(path, attemptName(idempotencyKeyOf(state.identity, path), attempt));
    this.metered = { steps: state.steps, stepRuns: state.usage.stepRuns };
    this.queued = state.status === "pending" && state.hold?.kind === "capacity";
    return this;
  }
}
