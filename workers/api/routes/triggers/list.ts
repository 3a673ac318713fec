import * as z from "zod";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { triggerFilters, triggerPage } from "../../../../contracts/api/triggers.ts";
import { listTriggers } from "../../../services/triggers/read.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/triggers",
  tag: "triggers",
  summary: "List triggers",
  scope: "triggers:read",
  query: z.strictObject({ ...triggerFilters, ...pageQuery }),
  answers: { 200: { description: "Those of workflow files and those made by requests", schema: triggerPage } },
  async handle({ context, query }) {
    const page = await listTriggers(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
