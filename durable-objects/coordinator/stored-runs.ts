import type { Plan } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import { LargeReader } from "../archive/large-reader.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import { foldStored } from "./fold-stored.ts";
import type { PlanCache } from "./plan-cache.ts";

/** Executions as they are on the disk. */
export class StoredRuns {
  readonly #storage: CellStorage;
  readonly #plans: PlanCache;
  readonly #bring: (executionId: string) => Promise<void> | undefined;

  /** `bring` makes sure that all of one is here; undefined when it is. */
  constructor(storage: CellStorage, plans: PlanCache, bring: (executionId: string) => Promise<void> | undefined) {
    this.#storage = storage;
    this.#plans = plans;
    this.#bring = bring;
  }

  /** Folds one, wherever it lies; null when it is nowhere. */
  async find<T>(executionId: string, use: (head: StoredHead, plan: Plan, state: RunState) => T): Promise<T | null> {
    const coming = this.#bring(executionId);
    if (coming) await coming;
    return this.read(executionId, use);
  }

  /** Folds one that is whole; null when it is not there. */
  read<T>(
    executionId: string,
    use: (head: StoredHead, plan: Plan, state: RunState, large: LargeReader) => T,
  ): T | null {
    const large = new LargeReader(this.#storage, executionId);
    const stored = foldStored(this.#storage, this.#plans, executionId, large);
    return stored && use(stored.head, stored.plan, stored.state, large);
  }

  /** The final state of one; `running` while it is not over, undefined when it is not there. */
  outcome(executionId: string): RunState | "running" | undefined {
    const row = this.#storage.execution(executionId);
    if (!row) return undefined;
    if (row.finishedAt === null) return "running";
    return this.read(executionId, (_head, _plan, state) => state) ?? undefined;
  }
}
