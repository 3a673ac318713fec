import type { Admissions } from "./admissions.ts";
import { storeLarge } from "../archive/store-large.ts";
import type { CellStorage, ExecutionRow } from "./cell-storage.ts";
import { projectionOf } from "./execution-head.ts";
import type { IdempotentStarts } from "./idempotent-starts.ts";
import type { Outbox } from "./outbox.ts";
import type { PlanCache } from "./plan-cache.ts";
import type { Resident } from "./resident.ts";
import { RevealedTable } from "./revealed-table.ts";

interface CommitParts {
  storage: CellStorage;
  plans: PlanCache;
  outbox: Outbox;
  starts: IdempotentStarts;
  admissions: Admissions;
  now(): number;
  /** Events of an execution were written; `before`: the outbox's last change before that. */
  wrote(resident: Resident, before: number): void;
  report(message: string, error: unknown): void;
}

/** Writes what executions have pending: all of a group in one transaction, or, if that fails, each in one of its own. */
export class CellCommits {
  readonly #parts: CommitParts;

  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  /** Answers those that could not be written, and why. */
  write(residents: readonly Resident[]): Map<Resident, unknown> {
    const failures = new Map<Resident, unknown>();
    const before = this.#parts.outbox.last;
    try {
      this.#atomically(() => {
        for (const resident of residents) this.#writeOne(resident);
        this.#parts.outbox.storeWatermark(before);
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
    for (const resident of residents) if (!failures.has(resident)) this.#written(resident, before);
    return failures;
  }

  /** Gives an execution that used something since its last row another place in the outbox; its status is as it was. */
  reportUsage(resident: Resident): void {
    const { birth, spoilt, failing, reportedRuns, driver } = resident;
    if (birth || spoilt || failing || driver.terminal || reportedRuns === driver.state.usage.stepRuns) return;
    try {
      globalThis.faultPoint?.("usage.before");
      this.#atomically(() => this.#parts.storage.updateExecution(this.#rowOf(resident)));
      globalThis.faultPoint?.("usage.written");
      this.#reported(resident);
    } catch (error) {
      this.#parts.report(`usage of ${resident.head.executionId} could not be reported`, error);
    }
  }

  #atomically(writes: () => void): void {
    const { admissions, outbox, storage } = this.#parts;
    const mark = outbox.mark();
    try {
      storage.prepare();
      storage.atomically(() => {
        globalThis.faultPoint?.("write.before");
        writes();
        admissions.store();
        globalThis.faultPoint?.("write.inside");
      });
      admissions.settle(true);
    } catch (error) {
      outbox.rewind(mark);
      admissions.settle(false);
      throw error;
    }
  }

  #writeOne(resident: Resident): void {
    const { storage, plans, starts } = this.#parts;
    const { birth, head } = resident;
    const { state } = resident.driver;
    if (birth || resident.next !== undefined || state.status !== resident.storedStatus) {
      const row = this.#rowOf(resident);
      if (birth) {
        plans.store(birth.planDigest);
        storage.insertExecution({
          ...row,
          plan: birth.planDigest,
          head: JSON.stringify(head),
          createdAt: head.createdAt,
          parent: head.parent?.executionId ?? null,
        });
        if (birth.idempotency) starts.store(birth.idempotency, head.executionId, head.createdAt);
      } else {
        if (resident.next !== undefined) {
          plans.store(resident.next);
          row.next = { plan: resident.next, head: JSON.stringify(head) };
        }
        storage.updateExecution(row);
      }
    }
    const { large } = resident;
    new RevealedTable(storage).write(resident);
    if (large) storeLarge(storage, head.executionId, large.fresh, state.finishedAt !== null);
    const { chars, apart } = storage.append(head.executionId, resident.pending, large);
    resident.logSize += chars;
    resident.apartSize += apart;
    this.#parts.admissions.stage(resident, chars);
  }

  #rowOf({ head, plan, driver: { state } }: Resident): ExecutionRow {
    return {
      id: head.executionId,
      status: state.status,
      finishedAt: state.finishedAt,
      change: this.#parts.outbox.next(),
      projection: JSON.stringify(projectionOf(plan, state, head)),
    };
  }

  #reported(resident: Resident): void {
    resident.reportedRuns = resident.driver.state.usage.stepRuns;
    this.#parts.outbox.announce(this.#parts.now());
  }

  #written(resident: Resident, before: number): void {
    const { plans, starts } = this.#parts;
    for (const event of resident.pending) if (event.type === "step.pending") resident.revealed.delete(event.path);
    if (resident.large) resident.large.fresh = [];
    if (resident.birth) {
      plans.stored(resident.birth.planDigest);
      if (resident.birth.idempotency) starts.stored(resident.birth.idempotency.key);
      resident.birth = undefined;
    }
    if (resident.next !== undefined) {
      plans.stored(resident.next);
      resident.next = undefined;
      // The read model shows the version that it runs in.
      this.#reported(resident);
    }
    const { status } = resident.driver.state;
    const statusBefore = resident.storedStatus;
    if (status !== statusBefore) this.#reported(resident);
    resident.storedStatus = status;
    this.#parts.admissions.written(resident, statusBefore);
    this.#parts.wrote(resident, before);
  }
}
