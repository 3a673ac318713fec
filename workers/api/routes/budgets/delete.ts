import { deletedBudget } from "../../../../contracts/api/budgets.ts";
import { deleteBudget } from "../../../services/budgets/change.ts";
import { endpoint } from "../../endpoint.ts";
import { scopeParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/budgets/{scope}",
  tag: "limits",
  summary: "Take a budget away",
  scope: "budgets:write",
  params: scopeParams,
  answers: { 200: { description: "Gone; what it had paused goes on", schema: deletedBudget } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const gone = await deleteBudget(context, params.scope);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
