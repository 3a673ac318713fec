import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { Plan, PlanSource } from "../../engine/plan/types.ts";
import type { CellStorage } from "./cell-storage.ts";

/** Compiled plans kept in an object's memory. */
const KEPT = 256;

/** Plans by digest: compiled once for all executions of a version in this object. */
export class PlanCache {
  readonly #storage: CellStorage;
  readonly #plans = new Map<string, Plan>();
  /** Sources that came with a start and are not stored yet. */
  readonly #unstored = new Map<string, string>();

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  /** The plan, when this object knows it or `source` was sent along. */
  find(digest: string, source?: PlanSource): Plan | undefined {
    const known = this.#plans.get(digest);
    if (known) return known;
    const stored = this.#storage.plan(digest);
    if (!stored && !source) return undefined;
    const found = stored ?? source;
    if (!found) return undefined;
    if (!stored) this.#unstored.set(digest, JSON.stringify(found));
    const plan = compilePlan(found);
    this.#plans.set(digest, plan);
    const oldest = this.#plans.keys().next().value;
    if (this.#plans.size > KEPT && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }

  /** Writes the source with the commit of the first start that uses it. */
  store(digest: string): void {
    const source = this.#unstored.get(digest);
    if (source === undefined) return;
    this.#storage.putPlan(digest, source);
  }

  /** The commit that holds the source is on its way to disk. */
  stored(digest: string): void {
    this.#unstored.delete(digest);
  }

  /** It was taken off the disk: whoever has it in memory stores it again. */
  removed(digest: string, source: string): void {
    if (this.#plans.has(digest)) this.#unstored.set(digest, source);
  }
}
