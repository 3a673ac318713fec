import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { queryJson } from "../../../engine/steps/transform/query-json.ts";
import type { Pagination } from "../../manifest/manifest.ts";
import { PAGINATION_LIMITS } from "../../manifest/pagination-limits.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { render, RenderProblem, type RenderScope } from "./render.ts";

/**
 * How this call's pages are fetched: as the handler says it, or as its input does where the handler says `${input.pagination}`. The
 * action's input schema has checked what is there; what is left to check are the JSONPaths, and what each type needs.
 */
export function paginationOf(handler: PinnedHttpHandler, scope: RenderScope): Pagination | undefined {
  const written = handler.pagination;
  if (typeof written !== "string") return written;
  const value = render(written, scope) ?? null;
  if (value === null) return undefined;
  if (!isObject(value)) throw new RenderProblem("pagination", "pagination must be a map with a type");
  return readPages(value);
}

function readPages(value: JsonObject): Pagination {
  const { mostItems, usualPages } = PAGINATION_LIMITS;
  const items = path(value, "items");
  const hasMore = path(value, "has_more");
  const common = {
    maxPages: numberOf(value.max_pages) ?? usualPages,
    maxItems: numberOf(value.max_items) ?? mostItems,
    ...(items === undefined ? {} : { items }),
    ...(hasMore === undefined ? {} : { hasMore }),
  };
  const place = value.in === "body" ? "body" : "query";
  switch (value.type) {
    case "link": {
      const next = path(value, "next");
      return { ...common, type: "link", ...(next === undefined ? {} : { next }) };
    }
    case "cursor": {
      const cursor = path(value, "cursor");
      if (cursor === undefined)
        throw new RenderProblem(
          "pagination.cursor",
          "pagination of type cursor needs `cursor`: a JSONPath to the next",
        );
      return { ...common, type: "cursor", cursor, param: textOf(value.param) ?? "cursor", in: place };
    }
    case "offset":
    case "page": {
      const limit = numberOf(value.limit);
      const limitParam = textOf(value.limit_param);
      return {
        ...common,
        type: value.type,
        param: textOf(value.param) ?? value.type,
        in: place,
        start: numberOf(value.start) ?? (value.type === "page" ? 1 : 0),
        ...(limit === undefined ? {} : { limit }),
        ...(limitParam === undefined ? {} : { limitParam }),
      };
    }
    default:
      throw new RenderProblem("pagination.type", "pagination.type must be one of link, cursor, offset, page");
  }
}

function path(value: JsonObject, name: string): string | undefined {
  const text = value[name];
  if (text === undefined || text === null) return undefined;
  if (typeof text === "string" && text.startsWith("$") && queryJson(text, null).ok) return text;
  throw new RenderProblem(`pagination.${name}`, `pagination.${name} must be a JSONPath that begins with $`);
}

const numberOf = (value: Json | undefined): number | undefined => (typeof value === "number" ? value : undefined);

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
