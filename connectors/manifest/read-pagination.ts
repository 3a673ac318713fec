import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { queryJson } from "../../engine/steps/transform/query-json.ts";
import type { Pagination } from "./manifest.ts";
import { PAGINATION_LIMITS } from "./pagination-limits.ts";

const TYPES = ["link", "cursor", "offset", "page"] as const;
const PLACES = ["query", "body"] as const;
const { mostPages: MOST_PAGES, mostItems: MOST_ITEMS, usualPages: USUAL_PAGES } = PAGINATION_LIMITS;

/** `pagination: {type, items, max_pages, max_items, …}`, with the members of its type. */
export function readPagination(block: BlockReader, owner: string): Pagination | undefined {
  const member = block.member(["pagination"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const type = inner.oneOf(["type"], TYPES);
  if (!inner.has("type")) inner.missing("type", `in pagination of ${owner}`);
  const common = {
    items: path(inner, ["items"]),
    maxPages: inner.integer(["max_pages", "maxPages"], 1, MOST_PAGES) ?? USUAL_PAGES,
    maxItems: inner.integer(["max_items", "maxItems"], 1, MOST_ITEMS) ?? MOST_ITEMS,
    hasMore: path(inner, ["has_more", "hasMore"]),
  };
  const pagination = type === undefined ? undefined : readType(inner, type, common, owner);
  // A member of another type is a mistake: `finish` names it.
  if (type !== undefined) inner.finish(`pagination of type ${type} of ${owner}`);
  return pagination;
}

function readType(
  block: BlockReader,
  type: Pagination["type"],
  common: Pick<Pagination, "items" | "maxPages" | "maxItems" | "hasMore">,
  owner: string,
): Pagination | undefined {
  switch (type) {
    case "link":
      return withoutUndefined<Pagination>({ ...common, type, next: path(block, ["next"]) });
    case "cursor": {
      const cursor = path(block, ["cursor"]);
      if (!block.has("cursor")) block.missing("cursor", `in pagination of ${owner}`);
      const param = block.name(["param"]) ?? "cursor";
      const place = block.oneOf(["in"], PLACES) ?? "query";
      return cursor === undefined
        ? undefined
        : withoutUndefined<Pagination>({ ...common, type, cursor, param, in: place });
    }
    case "offset":
    case "page":
      return withoutUndefined<Pagination>({
        ...common,
        type,
        param: block.name(["param"]) ?? type,
        in: block.oneOf(["in"], PLACES) ?? "query",
        start: block.integer(["start"], 0, Number.MAX_SAFE_INTEGER) ?? (type === "page" ? 1 : 0),
        limit: block.integer(["limit"], 1, MOST_ITEMS),
        limitParam: block.name(["limit_param", "limitParam"]),
      });
    default:
      return type satisfies never;
  }
}

/** A JSONPath that can be read. */
function path(block: BlockReader, names: readonly [string, ...string[]]): string | undefined {
  const member = block.member(names);
  const text = block.text(names);
  if (member === undefined || text === undefined) return undefined;
  if (text.startsWith("$") && queryJson(text, null).ok) return text;
  block.context.refuse(member, `${member.entry.key} must be a JSONPath that begins with $`);
  return undefined;
}
