import * as z from "zod";
import { connectorDetail } from "../../../../contracts/api/connectors.ts";
import { cleanText } from "../../../../contracts/clean-text.ts";
import { getConnector } from "../../../services/connectors/get.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/plugins/{slug}",
  tag: "connectors",
  summary: "Get a connector",
  description: "A slug is `name`, or `namespace/name` (percent-encoded, or as `namespace--name`).",
  scope: "connectors:read",
  params: slugParams,
  query: z.strictObject({ version: cleanText(100).optional() }),
  answers: { 200: { description: "The connector, with its actions", schema: connectorDetail } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query }) {
    const found = await getConnector(context, params.slug, query.version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
