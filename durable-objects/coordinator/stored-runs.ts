import type { Plan } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import { foldStored } from "./fold-stored.ts";
import type { PlanCache } from "./plan-cache.ts";

/** Executions as they are on the disk. */
export class StoredRuns {
  readonly #storage: CellStorage;
  readonly #plans: PlanCache;

  constructor(storage: CellStorage, plans: PlanCache) {
    this.#storage = storage;
    this.#plans = plans;
  }

  /** Folds one; null when it is not there. */
  read<T>(executionId: string, use: (head: StoredHead, plan: Plan, state: RunState) => T): T | null {
    const stored = foldStored(this.#storage, this.#plans, executionId);
    return stored && use(stored.head, stored.plan, stored.state);
  }

  /** The final state of one; `running` while it is not over, undefined when it is not there. */
  outcome(executionId: string): RunState | "running" | undefined {
    const row = this.#storage.execution(executionId);
    if (!row) return undefined;
    if (row.finishedAt === null) return "running";
    return this.read(executionId, (_head, _plan, state) => state) ?? undefined;
  }
}
