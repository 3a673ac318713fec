import { and, asc, eq, gt } from "drizzle-orm";
import type { ConnectionView } from "../../../contracts/api/connections.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { connections } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { connectionViewOf } from "./connection-view.ts";

/** Rows that the caller may see at all. */
export function ownConnections({ caller }: Context) {
  return and(eq(connections.tenantId, caller.tenantId), eq(connections.environment, caller.environment));
}

export function unknownConnection(): Failure {
  return failure("NOT_FOUND", "There is no such connection.");
}

export async function listConnections(
  context: Context,
  query: { connector?: string; cursor?: string; limit: number },
): Promise<Result<Page<ConnectionView>>> {
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (after === null) return badCursor();
  const rows = await context.ports.database
    .select()
    .from(connections)
    .where(
      and(
        ownConnections(context),
        query.connector === undefined ? undefined : eq(connections.connector, query.connector),
        after?.[0] === undefined ? undefined : gt(connections.id, after[0]),
      ),
    )
    .orderBy(asc(connections.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const more = rows.length > query.limit;
  return success({
    data: page.map(connectionViewOf),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.id ?? ""]) : null,
  });
}

export async function getConnection(context: Context, id: string): Promise<Result<ConnectionView>> {
  const [row] = await context.ports.database
    .select()
    .from(connections)
    .where(and(ownConnections(context), eq(connections.id, id)));
  return row === undefined ? unknownConnection() : success(connectionViewOf(row));
}
