import type { Json, JsonObject } from "../../../engine/json.ts";
import { queryJson } from "../../../engine/steps/transform/query-json.ts";
import { type Failed, failed } from "../../failed.ts";
import type { Pagination } from "../../manifest/manifest.ts";
import type { Exchanged } from "./exchange.ts";
import { nextLink } from "./link-header.ts";

/** What a page's request differs in from the first one. */
export interface Turn {
  url: string;
  set?: { in: "query" | "body"; members: JsonObject };
}

interface Page {
  asked: Extract<Exchanged, { ok: true }>;
  /** Items that it had. */
  found: number;
  turn: Turn;
  /** Its number, from 1. */
  pages: number;
}

/** The items of a page; undefined where there is no list of them. Several matches are the items themselves. */
export function itemsOf({ items }: Pagination, body: Json): Json[] | undefined {
  if (items === undefined) return Array.isArray(body) ? body : undefined;
  const found = queryJson(items, body);
  if (!found.ok) return undefined;
  const [only, ...others] = found.values;
  if (others.length > 0) return found.values;
  // A last page may say null, or nothing at all, where the others have a list.
  if (only === undefined || only === null) return [];
  return Array.isArray(only) ? only : undefined;
}

/** Where it goes on; no turn: this was the last page. */
export function nextPage(pagination: Pagination, page: Page): { ok: true; turn: Turn | undefined } | Failed {
  const { body } = page.asked.answer;
  if (pagination.hasMore !== undefined && !first(pagination.hasMore, body)) return { ok: true, turn: undefined };
  switch (pagination.type) {
    case "link":
      return byLink(pagination.next, page);
    case "cursor": {
      const cursor = first(pagination.cursor, body);
      if (cursor === undefined || cursor === null || cursor === "" || cursor === false)
        return { ok: true, turn: undefined };
      return {
        ok: true,
        turn: { url: page.turn.url, set: { in: pagination.in, members: { [pagination.param]: cursor } } },
      };
    }
    case "offset":
    case "page": {
      const { limit, param, turn } = { ...pagination, turn: page.turn };
      if (page.found === 0 || (pagination.hasMore === undefined && limit !== undefined && page.found < limit))
        return { ok: true, turn: undefined };
      const at = Number(turn.set?.members[param] ?? pagination.start);
      const next = at + (pagination.type === "page" ? 1 : page.found);
      return {
        ok: true,
        turn: { url: turn.url, set: { in: pagination.in, members: { ...turn.set?.members, [param]: next } } },
      };
    }
    default:
      return pagination satisfies never;
  }
}

function byLink(next: string | undefined, { asked, pages }: Page): { ok: true; turn: Turn | undefined } | Failed {
  const header = asked.answer.headers.link;
  const link = next === undefined ? nextLink(typeof header === "string" ? header : "") : first(next, asked.answer.body);
  if (link === undefined || link === null || link === "" || link === false) return { ok: true, turn: undefined };
  if (typeof link === "string" && URL.canParse(link, asked.url)) {
    return { ok: true, turn: { url: new URL(link, asked.url).href } };
  }
  const message = `Page ${pages} names a next page that is no URL`;
  return failed("BACKEND_ERROR", message, { reason: "pagination", page: pages });
}

function first(path: string, body: Json): Json | undefined {
  const found = queryJson(path, body);
  return found.ok ? found.values[0] : undefined;
}
