import type { ConnectorSummary } from "../../../contracts/api/connectors.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { type ConnectorSearch, searchConnectors } from "./search.ts";

/** What `search` finds, page by page. */
export async function listConnectors(
  context: Context,
  query: ConnectorSearch & { cursor?: string; limit: number },
): Promise<Result<Page<ConnectorSummary>>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 2);
  if (after === null) return badCursor();
  const found = await searchConnectors(context, query);
  const from = after === undefined ? 0 : found.findIndex((it) => it.name === after[0] && it.namespace === after[1]) + 1;
  const page = found.slice(from, from + query.limit);
  const last = page.at(-1);
  const more = found.length > from + query.limit;
  return success({
    data: page,
    has_more: more,
    next_cursor: more && last ? encodeCursor([last.name, last.namespace]) : null,
  });
}
