import { searchAnswer, searchQuery } from "../../../../contracts/api/connectors.ts";
import { searchConnectors } from "../../../services/connectors/search.ts";
import { ofAll } from "./both-families.ts";

export const search = ofAll(
  "/search",
  {
    method: "get",
    tag: "connectors",
    summary: "Search connectors",
    scope: "connectors:read",
    query: searchQuery,
    description:
      "The very name comes first, then names that begin with it, then words in names, in tags, in descriptions, in readmes. Words count as beginnings, and with a slip.",
    answers: { 200: { description: "The best first", schema: searchAnswer } },
  },
  async ({ context, query: { q, tag, limit, offset } }) => ({
    status: 200,
    body: await searchConnectors(context, { q, tag }, { limit, offset }),
  }),
);
