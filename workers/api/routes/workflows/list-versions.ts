import * as z from "zod";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { versionPage } from "../../../../contracts/api/workflows.ts";
import { listVersions } from "../../../services/workflows/versions.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const listWorkflowVersions = endpoint({
  method: "get",
  path: "/workflows/{slug}/versions",
  tag: "workflows",
  summary: "List a workflow's versions",
  scope: "workflows:read",
  params: slugParams,
  query: z.strictObject(pageQuery),
  answers: { 200: { description: "Highest first", schema: versionPage } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query }) {
    const page = await listVersions(context, params.slug, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
