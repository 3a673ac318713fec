import * as z from "zod";
import { connectorPage } from "../../../../contracts/api/connectors.ts";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { listConnectors } from "../../../services/connectors/list.ts";
import { ofAll } from "./both-families.ts";

export const listPlugins = ofAll(
  "",
  {
    method: "get",
    tag: "connectors",
    summary: "List connectors",
    scope: "connectors:read",
    query: z.strictObject({ q: cleanText(200).optional(), tag: cleanText(100).optional(), ...pageQuery }),
    answers: { 200: { description: "By name", schema: connectorPage } },
  },
  async ({ context, query }) => {
    const page = await listConnectors(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
);
