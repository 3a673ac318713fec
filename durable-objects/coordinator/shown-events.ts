import { type ExecutionEvent, executionEvent } from "../../contracts/execution-event.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { StoredExecution } from "./cell-storage.ts";
import { planAt } from "./epochs.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";

/**
 * Events as readers see them, each by the plan that it was lived with: what was shown of an event once is what is shown of it ever
 * after, whatever version its execution goes on with.
 */
export function shownEvents(
  plans: PlanCache,
  { id, plan: newest, head }: StoredExecution,
  events: readonly StampedEvent[],
): ExecutionEvent[] {
  const stored = JSON.parse(head) as StoredHead;
  const planOf = (seq: number): Plan => {
    const plan = plans.find(planAt(stored, newest, seq));
    if (!plan) throw new Error(`execution ${id} has no stored plan`);
    return plan;
  };
  // A plan for all of it, where nothing else held before.
  const only = stored.epochs || events.length === 0 ? undefined : planOf(1);
  return events.map((event) => executionEvent(only ?? planOf(event.seq), id, event));
}
