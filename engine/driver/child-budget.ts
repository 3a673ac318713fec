import type { JsonObject } from "../json.ts";
import type { Budget } from "../plan/types.ts";
import { BUDGET_METERS } from "../run/budget-meters.ts";
import type { RunState } from "../run/state.ts";

/**
 * What a subworkflow's execution starts with as its budget, as a start writes it: of steps, tokens and cost no more than its
 * parent has left, where that is less than its own. (Seconds need no hand: a parent that is over cancels what it has started.)
 * What subworkflows beside each other spend together, `spentInTree` bounds.
 */
export function childBudget(parent: RunState, own: Budget): JsonObject | undefined {
  const bound: JsonObject = {};
  for (const [name, member, used] of BUDGET_METERS) {
    const limit = parent.budget[member];
    if (limit === undefined) continue;
    const left = Math.max(0, limit - used(parent));
    if (left < (own[member] ?? Number.POSITIVE_INFINITY)) bound[name] = left;
  }
  if (Object.keys(bound).length === 0) return undefined;
  const { holdMs } = parent.budget;
  if (holdMs !== undefined && own.holdMs === undefined) bound.hold = `${holdMs}ms`;
  return bound;
}
