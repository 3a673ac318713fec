import * as z from "zod";
import { connectorDetail } from "../../../../contracts/api/connectors.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { getConnector } from "../../../services/connectors/get.ts";
import { ofConnector, ofVersion } from "./both-families.ts";

const about = {
  method: "get",
  tag: "connectors",
  scope: "connectors:read",
  refusals: ["NOT_FOUND"],
} as const;

export const getPlugin = ofConnector(
  "",
  {
    ...about,
    summary: "Get a connector",
    description:
      "The version asked for, else the installed one, else the highest. A slug is `name`, or `namespace/name` (percent-encoded, or as `namespace--name`).",
    query: z.strictObject({ version: cleanText(100).optional() }),
    answers: { 200: { description: "The connector, with its actions", schema: connectorDetail } },
  },
  async (slug, { context, query }) => {
    const found = await getConnector(context, slug, query.version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
);

export const getPluginVersion = ofVersion(
  "",
  {
    ...about,
    summary: "Get a version of a connector",
    answers: { 200: { description: "The version, with its actions", schema: connectorDetail } },
  },
  async (slug, version, { context }) => {
    const found = await getConnector(context, slug, version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
);
