import { history, historyQuery } from "../../../../contracts/api/history.ts";
import { getHistory } from "../../../services/history/get-history.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

const MOST = 1_000;

export const executionHistory = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/history",
  tag: "executions",
  summary: "Get the whole history of an execution, to be verified",
  description:
    "All its events from the first on, in pages of at most 1,000 or about 1 MB, each with the hash of the log up to it. The page that reaches the end carries a receipt: the signed head. `npm run verify` checks both without asking anybody.",
  scope: "executions:read",
  params: idParams,
  query: historyQuery,
  answers: { 200: { description: "Events with their hashes", schema: history } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query: { after = 0, limit = MOST } }) {
    const found = await getHistory(context, params.id, { after, limit });
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
