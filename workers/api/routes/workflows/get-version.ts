import { workflowVersion } from "../../../../contracts/api/workflows.ts";
import { getVersion } from "../../../services/workflows/versions.ts";
import { endpoint } from "../../endpoint.ts";
import { slugVersionParams } from "../path-params.ts";

export const getWorkflowVersion = endpoint({
  method: "get",
  path: "/workflows/{slug}/versions/{version}",
  tag: "workflows",
  summary: "Get a version, with the connectors it is pinned to",
  scope: "workflows:read",
  params: slugVersionParams,
  answers: { 200: { description: "The version", schema: workflowVersion } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getVersion(context, params.slug, params.version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
