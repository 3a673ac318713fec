import type { JsonObject } from "../../engine/json.ts";
import { PAGINATION_LIMITS } from "../manifest/pagination-limits.ts";
import { integer, object, oneOf, string } from "./schema-terms.ts";

const { mostPages, usualPages, mostItems } = PAGINATION_LIMITS;
const path = (description: string): JsonObject => string(`${description} (JSONPath)`, { pattern: "^\\$" });

/** How `http`'s pages are fetched, by its input: the members of a handler's `pagination`. */
export const pagination: JsonObject = {
  ...object({
    type: oneOf("How it goes on from page to page", ["link", "cursor", "offset", "page"]),
    "items?": path("Where a page's items stand; absent: the page is the list"),
    "next?": path("link: where the next page's URL stands; absent: the Link header"),
    "cursor?": path("cursor: where the next cursor stands"),
    "param?": string("The member that carries cursor, offset or page; absent: cursor, offset, page", { minLength: 1 }),
    "in?": oneOf("Where that member goes", ["query", "body"], { default: "query" }),
    "start?": integer("offset, page: the first; absent: 0, 1", { minimum: 0 }),
    "limit?": integer("offset, page: how many items a page has; fewer are the last", {
      minimum: 1,
      maximum: mostItems,
    }),
    "limit_param?": string("The member that carries `limit`; absent: limit", { minLength: 1 }),
    "has_more?": path("Where it says whether there are more"),
    "max_pages?": integer(`At most this many requests; absent: ${usualPages}`, { minimum: 1, maximum: mostPages }),
    "max_items?": integer("At most this many items", { minimum: 1, maximum: mostItems }),
  }),
  description: "Fetches page after page: `type` is link, cursor, offset or page; `body` is then the list of all items",
};
