import * as z from "zod";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { workflowPage } from "../../../../contracts/api/workflows.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { listWorkflows } from "../../../services/workflows/list.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/workflows",
  tag: "workflows",
  summary: "List published workflows",
  scope: "workflows:read",
  query: z.strictObject({ q: cleanText(200).optional(), ...pageQuery }),
  answers: { 200: { description: "By slug", schema: workflowPage } },
  async handle({ context, query }) {
    const page = await listWorkflows(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
