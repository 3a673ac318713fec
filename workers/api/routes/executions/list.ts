import { executionPage, listExecutionsQuery } from "../../../../contracts/api/executions.ts";
import { listExecutions } from "../../../services/executions/list.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/workflows/executions",
  tag: "executions",
  summary: "List executions",
  description: "Newest first. May lag by up to two seconds: `as_of` says how far it goes.",
  scope: "executions:read",
  query: listExecutionsQuery,
  answers: { 200: { description: "Newest first", schema: executionPage } },
  async handle({ context, query }) {
    const page = await listExecutions(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
