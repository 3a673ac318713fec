import { budgetView } from "../../../../contracts/api/budgets.ts";
import { getBudget } from "../../../services/budgets/read.ts";
import { endpoint } from "../../endpoint.ts";
import { scopeParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/budgets/{scope}",
  tag: "limits",
  summary: "Show a budget that executions share",
  scope: "limits:read",
  params: scopeParams,
  answers: { 200: { description: "The budget and what is used of it", schema: budgetView } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getBudget(context, params.scope);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
