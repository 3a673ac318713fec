import { purgeReceipt } from "../../../../contracts/api/purge-receipt.ts";
import { readPurgeReceipt } from "../../../services/executions/purge-receipt.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const purgeReceiptOf = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/purge",
  tag: "executions",
  summary: "The receipt of a purge",
  description:
    "Who had an execution purged and when, how much was removed where, and how much is left of it: every place is searched when this is asked.",
  scope: "executions:read",
  params: idParams,
  answers: { 200: { description: "It was purged", schema: purgeReceipt } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const receipt = await readPurgeReceipt(context, params.id);
    return receipt.ok ? { status: 200, body: receipt.value } : receipt;
  },
});
