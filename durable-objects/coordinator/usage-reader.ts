import type { ActFact } from "../../contracts/usage.ts";
import { actFact } from "./act-fact.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { ChangedExecution } from "./changed-execution.ts";
import { FreshUsage } from "./fresh-usage.ts";
import { planAt } from "./epochs.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";
import { usageFact } from "./usage-facts.ts";

/** Rows of a log that are read at a time. */
const ROWS = 50;

export interface ReadUsage {
  /** JSON texts of `UsageFactRow`s. */
  facts: string[];
  acts: ActFact[];
  /** Row of the log up to which this goes. */
  upTo: number;
  /** There may be more of this execution. */
  more: boolean;
}

/**
 * Usage out of an execution's log, and who did what to it, after what the sink has: read when the sink asks, so that recording it costs a run nothing
 * beside the event that it is part of. Whole rows of the log, so that the next read begins with a row.
 */
export class UsageReader {
  /** What need not be read. */
  readonly fresh = new FreshUsage();
  readonly #storage: CellStorage;
  readonly #plans: PlanCache;

  constructor(storage: CellStorage, plans: PlanCache) {
    this.#storage = storage;
    this.#plans = plans;
  }

  /** About `most` facts; more only where one row holds more. */
  read({ id, plan, metered }: ChangedExecution, most: number): ReadUsage {
    const fresh = metered === 0 ? this.fresh.take(id) : undefined;
    if (fresh && fresh.facts.length + fresh.acts.length <= most) return { ...fresh, more: false };
    const facts: string[] = [];
    const acts: ActFact[] = [];
    let upTo = metered;
    // What is read late may be older than the version that it goes on with.
    const head = JSON.parse(this.#storage.execution(id)?.head ?? "{}") as Pick<StoredHead, "epochs">;
    for (;;) {
      const rows = this.#storage.telltaleRows(id, upTo, ROWS);
      for (const { seq, at, events } of rows) {
        if (facts.length + acts.length >= most) return { facts, acts, upTo, more: true };
        upTo = seq;
        for (const [index, event] of events.entries()) {
          const lived = this.#plans.find(planAt(head, plan, seq + index));
          const fact = usageFact(lived, event, seq + index, at);
          if (fact) facts.push(fact);
          const act = actFact(event, seq + index, at);
          if (act) acts.push(act);
        }
      }
      if (rows.length < ROWS) return { facts, acts, upTo, more: false };
    }
  }
}
