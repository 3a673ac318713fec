import { budgetView, putBudgetBody } from "../../../../contracts/api/budgets.ts";
import { putBudget } from "../../../services/budgets/change.ts";
import { endpoint } from "../../endpoint.ts";
import { scopeParams } from "../path-params.ts";

export const put = endpoint({
  method: "put",
  path: "/budgets/{scope}",
  tag: "limits",
  summary: "Set what a tenant or a workflow may spend in a period",
  description:
    "`scope` is `tenant` or `workflow:<slug>`. Executions that find it spent are paused (`waiting_for {kind: budget}`); a raise lets them go on.",
  scope: "budgets:write",
  params: scopeParams,
  body: { kind: "json", schema: putBudgetBody },
  answers: { 200: { description: "Set", schema: budgetView } },
  async handle({ context, params, body }) {
    const set = await putBudget(context, params.scope, body);
    return set.ok ? { status: 200, body: set.value } : set;
  },
});
