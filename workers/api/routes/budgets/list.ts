import { budgetListView } from "../../../../contracts/api/budgets.ts";
import { listBudgets } from "../../../services/budgets/read.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/budgets",
  tag: "limits",
  summary: "List the budgets that executions share",
  scope: "limits:read",
  answers: { 200: { description: "All of this tenant and environment", schema: budgetListView } },
  async handle({ context }) {
    return { status: 200, body: await listBudgets(context) };
  },
});
