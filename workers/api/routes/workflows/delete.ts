import { deletedWorkflow } from "../../../../contracts/api/workflows.ts";
import { deleteWorkflow } from "../../../services/workflows/delete.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const remove = endpoint({
  method: "delete",
  path: "/workflows/{slug}",
  tag: "workflows",
  summary: "Delete a workflow and its versions",
  description: "Executions that have begun go on.",
  scope: "workflows:write",
  params: slugParams,
  answers: { 200: { description: "Deleted", schema: deletedWorkflow } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const gone = await deleteWorkflow(context, params.slug);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
