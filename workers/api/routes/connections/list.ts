import * as z from "zod";
import { connectionPage } from "../../../../contracts/api/connections.ts";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { listConnections } from "../../../services/connections/read.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/connections",
  tag: "connections",
  summary: "List connections",
  scope: "connections:read",
  query: z.strictObject({
    connector: cleanText(200).optional().meta({ description: "`namespace/name`" }),
    end_user: cleanText(200).optional().meta({ description: "Only this end user's own" }),
    ...pageQuery,
  }),
  answers: { 200: { description: "Without secret values", schema: connectionPage } },
  async handle({ context, query }) {
    const page = await listConnections(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
