import { and, asc, eq } from "drizzle-orm";
import { type BudgetView, putBudgetBody } from "../../../contracts/api/budgets.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { budgets } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { budgetView } from "./view.ts";

/** The rows of the caller's tenant and environment, or the one of a scope. */
export function ownBudgets({ caller }: Context, scope?: string) {
  const own = and(eq(budgets.tenantId, caller.tenantId), eq(budgets.environment, caller.environment));
  return scope === undefined ? own : and(own, eq(budgets.scope, scope));
}

export function unknownBudget(): Failure {
  return failure("NOT_FOUND", "There is no budget of this scope.");
}

/** `tenant`, or `workflow:<slug>`: another scope is as unknown as any. */
export function isScope(scope: string): boolean {
  return scope === "tenant" || /^workflow:[a-z0-9][a-z0-9_.-]{0,199}$/i.test(scope);
}

export async function getBudget(context: Context, scope: string): Promise<Result<BudgetView>> {
  const [row] = await context.ports.database.select().from(budgets).where(ownBudgets(context, scope));
  if (row === undefined) return unknownBudget();
  return success(await budgetView(context, scope, putBudgetBody.parse(JSON.parse(row.budget))));
}

export async function listBudgets(context: Context): Promise<{ data: BudgetView[] }> {
  const rows = await context.ports.database
    .select()
    .from(budgets)
    .where(ownBudgets(context))
    .orderBy(asc(budgets.scope));
  const data = rows.map(({ scope, budget }) => budgetView(context, scope, putBudgetBody.parse(JSON.parse(budget))));
  return { data: await Promise.all(data) };
}
