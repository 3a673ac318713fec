import type { ConnectorSummary } from "../../../contracts/api/connectors.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { type ConnectorSearch, searchConnectors } from "./search.ts";

/** What can be seen, by name, page by page; with words, those that hold them, the best first. */
export async function listConnectors(
  context: Context,
  { cursor, limit, ...search }: ConnectorSearch & { cursor?: string; limit: number },
): Promise<Result<Page<ConnectorSummary>>> {
  const at = cursor === undefined ? [] : decodeCursor(cursor, 2);
  if (at === null) return badCursor();
  const [name = "", namespace = ""] = at;
  // Ranks have no place to go on from: their pages are counted.
  const offset = search.q === undefined ? undefined : Number(name || 0);
  if (offset !== undefined && !Number.isSafeInteger(offset)) return badCursor();
  const from = offset !== undefined ? { offset } : cursor === undefined ? {} : { after: { name, namespace } };
  const { results } = await searchConnectors(context, search, { limit: limit + 1, ...from });
  const page = results.slice(0, limit);
  const last = page.at(-1);
  const more = results.length > limit && last !== undefined;
  const next = offset === undefined ? [last?.name ?? "", last?.namespace ?? ""] : [String(offset + limit), "offset"];
  return success({ data: page, has_more: more, next_cursor: more ? encodeCursor(next) : null });
}
