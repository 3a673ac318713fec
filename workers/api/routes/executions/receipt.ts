import { executionReceipt } from "../../../../contracts/api/history.ts";
import { getReceipt } from "../../../services/history/get-receipt.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const receiptRoute = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/receipt",
  tag: "executions",
  summary: "Get the receipt of an execution",
  description:
    "The signed head of its log as it is now, as the last page of its history carries it, without the events. A later receipt covers what an earlier one covered.",
  scope: "executions:read",
  params: idParams,
  answers: { 200: { description: "The receipt", schema: executionReceipt } },
  refusals: ["NOT_FOUND", "UNAVAILABLE"],
  async handle({ context, params }) {
    const found = await getReceipt(context, params.id);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
