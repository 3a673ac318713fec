import { and, asc, eq, gt, isNull } from "drizzle-orm";
import type { Key } from "../../../contracts/api/keys.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { apiKeys } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { keyViewOf } from "./key-record.ts";

/** The keys that are valid, of the caller's own environment; a live key sees those of test too. */
export async function listKeys(
  context: Context,
  query: { cursor?: string; limit: number },
): Promise<Result<Page<Key>>> {
  const { ports, caller } = context;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (after === null) return badCursor();
  const rows = await ports.database
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.tenantId, caller.tenantId),
        caller.environment === "live" ? undefined : eq(apiKeys.environment, caller.environment),
        isNull(apiKeys.revokedAt),
        after?.[0] === undefined ? undefined : gt(apiKeys.id, after[0]),
      ),
    )
    .orderBy(asc(apiKeys.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const more = rows.length > query.limit;
  return success({
    data: page.map(keyViewOf),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.id ?? ""]) : null,
  });
}
