import { workflowSummary } from "../../../../contracts/api/workflows.ts";
import { getWorkflow } from "../../../services/workflows/list.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/workflows/{slug}",
  tag: "workflows",
  summary: "Get a workflow",
  scope: "workflows:read",
  params: slugParams,
  answers: { 200: { description: "The workflow", schema: workflowSummary } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getWorkflow(context, params.slug);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
