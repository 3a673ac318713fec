import { type BudgetView, type PutBudgetBody, putBudgetBody } from "../../../contracts/api/budgets.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { budgets } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { isScope, ownBudgets, unknownBudget } from "./read.ts";
import { budgetView, sharedBudget } from "./view.ts";

/** Budgets of one tenant and environment: every change copies all of them, so that a copy that was lost is made good by the next. */
const MOST_BUDGETS = 1_000;

async function copyToTenant(context: Context): Promise<void> {
  const { ports, caller } = context;
  const rows = await ports.database.select().from(budgets).where(ownBudgets(context));
  const all = rows.map(({ scope, budget }) => sharedBudget(scope, putBudgetBody.parse(JSON.parse(budget))));
  await onTenant(ports, caller, (tenant) => tenant.putBudgets(all));
}

/** Sets what a scope may spend; a raise lets what it had paused go on. */
export async function putBudget(context: Context, scope: string, body: PutBudgetBody): Promise<Result<BudgetView>> {
  if (!isScope(scope))
    return validationFailure([{ path: "/scope", message: 'The scope must be "tenant" or "workflow:<slug>".' }]);
  const { ports, caller } = context;
  const count = await ports.database.$count(budgets, ownBudgets(context));
  if (count >= MOST_BUDGETS)
    return validationFailure([{ path: "/scope", message: `There are ${MOST_BUDGETS} budgets already.` }]);
  const { tenantId, environment } = caller;
  const changed = { budget: JSON.stringify(body), updatedAt: new Date(ports.now()) };
  await ports.database.batch([
    ports.database
      .insert(budgets)
      .values({ tenantId, environment, scope, ...changed })
      .onConflictDoUpdate({ target: [budgets.tenantId, budgets.environment, budgets.scope], set: changed }),
    auditEntry(context, "budget.put", scope),
  ]);
  await copyToTenant(context);
  return success(await budgetView(context, scope, body));
}

/** Takes a budget away: what it had paused goes on. */
export async function deleteBudget(
  context: Context,
  scope: string,
): Promise<Result<{ status: "deleted"; scope: string }>> {
  const own = ownBudgets(context, scope);
  const { database } = context.ports;
  const [, gone] = await database.batch([
    auditEntryIf(context, "budget.deleted", scope, budgets, own),
    database.delete(budgets).where(own).returning({ scope: budgets.scope }),
  ]);
  await copyToTenant(context);
  return gone.length === 0 ? unknownBudget() : success({ status: "deleted", scope });
}
