import { purged } from "../../../../contracts/api/execution-acts.ts";
import { purgeExecution } from "../../../services/executions/purge.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const purge = endpoint({
  method: "delete",
  path: "/workflows/executions/{id}",
  tag: "executions",
  summary: "Purge an execution",
  description:
    "Deletes an execution that has ended, and those that its steps started: log, inputs, outputs, archive, deliveries of webhooks, its place in lists. What it has used stays in the usage records, which hold no content. CONFLICT while it runs. Repeating it answers the same for a day.",
  scope: "executions:write",
  params: idParams,
  answers: { 200: { description: "It is gone", schema: purged } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params }) {
    const gone = await purgeExecution(context, params.id);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
