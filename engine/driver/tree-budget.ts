import type { Budget } from "../plan/types.ts";
import { BUDGET_METERS } from "../run/budget-meters.ts";
import type { RunState } from "../run/state.ts";
import type { Spent, SpentBudget } from "../run/types.ts";

/** What an execution has spent so far, in the order of `BUDGET_METERS`. */
export type Spending = readonly number[];

/** An execution among those that started each other, as far as budgets look at it. */
export interface BudgetNode {
  readonly id: string;
  readonly spending: Spending;
  readonly budget: Budget;
  /** Members of its budget that somebody has raised by hand. */
  readonly raised: ReadonlySet<string>;
  /** The execution whose step started it. */
  above(): BudgetNode | undefined;
  /** Executions that its open steps have started: what they spend is not in `spending` before they are over. */
  below(): Iterable<BudgetNode>;
}

/** What a run has spent, subworkflows that are over included. */
export function spendingOf(state: RunState): Spending {
  return BUDGET_METERS.map(([, , used]) => used(state));
}

/**
 * The budget, its own or one of an execution above it, that is spent when everything that runs beside is counted: nothing more is dispatched
 * then, so that what subworkflows spend together passes a budget by no more than the calls in flight. Whoever raised a run's own budget has
 * let it go on, whatever is left above it.
 */
export function spentInTree(node: BudgetNode, kind: "step" | "again"): SpentBudget | undefined {
  if (!isLimited(node)) return undefined;
  let [totals, via] = [withBelow(node), node];
  for (let holder: BudgetNode | undefined = node; holder; ) {
    for (const [index, [name, member]] of BUDGET_METERS.entries()) {
      const limit = holder.budget[member];
      const used = totals[index] ?? 0;
      // Another try of a step is no further step.
      if (limit === undefined || used < limit || (kind === "again" && member === "maxSteps")) continue;
      if (holder !== node && node.raised.has(member)) continue;
      return { budget: name, used, limit, holdMs: node.budget.holdMs ?? holder.budget.holdMs };
    }
    holder = holder.above();
    if (!holder) return undefined;
    totals = sum(totals, holder.spending);
    for (const beside of holder.below()) if (beside.id !== via.id) totals = sum(totals, withBelow(beside));
    via = holder;
  }
  return undefined;
}

/** What a run and all that it has started have spent: whoever gives it up counts that. */
export function spentWith(node: BudgetNode): Spent | undefined {
  const [steps = 0, tokens = 0, cost = 0] = withBelow(node);
  return steps + tokens + cost > 0 ? { steps, tokens, cost } : undefined;
}

/** Without a budget anywhere nothing is summed up. */
function isLimited(node: BudgetNode): boolean {
  for (let holder: BudgetNode | undefined = node; holder; holder = holder.above()) {
    const { budget } = holder;
    if (BUDGET_METERS.some(([, member]) => budget[member] !== undefined)) return true;
  }
  return false;
}

function withBelow(node: BudgetNode): Spending {
  let totals = node.spending;
  for (const child of node.below()) totals = sum(totals, withBelow(child));
  return totals;
}

function sum(one: Spending, other: Spending): Spending {
  return one.map((value, index) => value + (other[index] ?? 0));
}
