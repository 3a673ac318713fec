import type { ActFact } from "../../contracts/usage.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { actFact } from "./act-fact.ts";
import { usageFact } from "./usage-facts.ts";

/** Facts that are kept at most: then everything is forgotten, and the log says it. */
const MOST_FACTS = 20_000;

interface Fresh {
  /** JSON texts of `UsageFactRow`s. */
  facts: string[];
  acts: ActFact[];
  /** Sequence of the last event that was looked at. */
  upTo: number;
}

/**
 * Usage of executions that were written since this object started, from their first event on, so that the sink's read of a
 * short run parses no log. Only a shortcut: what is not here, or was taken before, is read from the log.
 */
export class FreshUsage {
  readonly #kept = new Map<string, Fresh>();
  #facts = 0;

  /** Events of an execution are on disk. */
  written(executionId: string, plan: Plan, events: readonly StampedEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    let fresh = this.#kept.get(executionId);
    if (fresh === undefined) {
      if (first.seq !== 1) return;
      fresh = { facts: [], acts: [], upTo: 0 };
      this.#kept.set(executionId, fresh);
    }
    // Without one event in between it would be no more than a part.
    if (first.seq !== fresh.upTo + 1) return this.#forget(executionId, fresh);
    const before = fresh.facts.length + fresh.acts.length;
    for (const event of events) {
      const fact = usageFact(plan, event, event.seq, event.at);
      if (fact) fresh.facts.push(fact);
      const act = actFact(event, event.seq, event.at);
      if (act) fresh.acts.push(act);
      fresh.upTo = event.seq;
    }
    this.#facts += fresh.facts.length + fresh.acts.length - before;
    if (this.#facts > MOST_FACTS) this.#forgetAll();
  }

  /** All usage of an execution since its start, once. */
  take(executionId: string): Fresh | undefined {
    const fresh = this.#kept.get(executionId);
    if (fresh) this.#forget(executionId, fresh);
    return fresh;
  }

  #forget(executionId: string, { facts, acts }: Fresh): void {
    this.#kept.delete(executionId);
    this.#facts -= facts.length + acts.length;
  }

  #forgetAll(): void {
    this.#kept.clear();
    this.#facts = 0;
  }
}
