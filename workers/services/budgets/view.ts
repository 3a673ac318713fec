import type { BudgetView, PutBudgetBody } from "../../../contracts/api/budgets.ts";
import { periodEnd, periodName } from "../../../contracts/period.ts";
import { BUDGET_METERS, BUDGET_UNITS, budgetAccount, type SharedBudget } from "../../../contracts/shared-budget.ts";
import { durationMs } from "../../../engine/definition/duration.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";

const PERIOD = "month";

/** A budget as it was put, in the units in which it is counted. */
export function sharedBudget(scope: string, body: PutBudgetBody): SharedBudget {
  const amounts: SharedBudget["amounts"] = {};
  for (const meter of BUDGET_METERS) {
    const amount = body[meter];
    if (amount !== undefined) amounts[meter] = Math.round(amount * BUDGET_UNITS[meter]);
  }
  const { period = PERIOD, hold } = body;
  return { scope, period, amounts, ...(hold === undefined ? {} : { holdMs: durationMs(hold) }) };
}

/** A budget with what is used of it in the period that is now. */
export async function budgetView(
  { ports, caller }: Context,
  scope: string,
  { hold, period = PERIOD, ...limits }: PutBudgetBody,
): Promise<BudgetView> {
  const name = periodName(period, ports.now());
  const meters = BUDGET_METERS.filter((meter) => limits[meter] !== undefined);
  const accounts = meters.map((meter) => budgetAccount(scope, meter, name));
  const counts = await onTenant(ports, caller, (tenant) => tenant.accountsUsed(accounts));
  const used: BudgetView["used"] = {};
  for (const [at, meter] of meters.entries()) used[meter] = (counts[at] ?? 0) / BUDGET_UNITS[meter];
  const end = periodEnd(name);
  return {
    scope,
    period,
    limits,
    used,
    ...(hold === undefined ? {} : { hold }),
    resets_at: end === null ? null : new Date(end).toISOString(),
  };
}
