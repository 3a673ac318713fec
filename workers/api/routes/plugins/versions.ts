import * as z from "zod";
import { connectorVersionPage } from "../../../../contracts/api/connectors.ts";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { listVersions } from "../../../services/connectors/list-versions.ts";
import { ofConnector } from "./both-families.ts";

export const versions = ofConnector(
  "/versions",
  {
    method: "get",
    tag: "connectors",
    summary: "List a connector's versions",
    scope: "connectors:read",
    query: z.strictObject(pageQuery),
    answers: { 200: { description: "Highest first", schema: connectorVersionPage } },
    refusals: ["NOT_FOUND"],
  },
  async (slug, { context, query }) => {
    const page = await listVersions(context, slug, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
);
