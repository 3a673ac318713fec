import { searchAnswer, searchQuery } from "../../../../contracts/api/connectors.ts";
import { searchConnectors } from "../../../services/connectors/search.ts";
import { endpoint } from "../../endpoint.ts";

export const search = endpoint({
  method: "get",
  path: "/plugins/search",
  tag: "connectors",
  summary: "Search connectors",
  scope: "connectors:read",
  query: searchQuery,
  answers: { 200: { description: "By name", schema: searchAnswer } },
  async handle({ context, query }) {
    const found = await searchConnectors(context, query);
    return {
      status: 200,
      body: { total: found.length, results: found.slice(query.offset, query.offset + query.limit) },
    };
  },
});
