import { and, asc, eq, gt, isNull } from "drizzle-orm";
import type { ConnectionView } from "../../../contracts/api/connections.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { connections } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { type ConnectionRow, connectionViewOf } from "./connection-view.ts";
import { withCopies } from "./with-copies.ts";

/** Rows that the caller may see at all. */
export function ownConnections({ caller }: Context) {
  return and(eq(connections.tenantId, caller.tenantId), eq(connections.environment, caller.environment));
}

export function unknownConnection(): Failure {
  return failure("NOT_FOUND", "There is no such connection.");
}

/** The row of a connection, or undefined when the caller has none of this id. */
export async function findRow(context: Context, id: string): Promise<ConnectionRow | undefined> {
  const own = and(ownConnections(context), eq(connections.id, id));
  const [row] = await context.ports.database.select().from(connections).where(own);
  return row;
}

/** The connector's connection that is nobody's own: the only one, or the one named `default`. */
export async function sharedConnection(context: Context, connector: string): Promise<ConnectionRow | undefined> {
  const wanted = and(ownConnections(context), eq(connections.connector, connector), isNull(connections.endUser));
  const rows = await context.ports.database.select().from(connections).where(wanted);
  return rows.length === 1 ? rows[0] : rows.find(({ name }) => name === "default");
}

export async function listConnections(
  context: Context,
  query: { connector?: string; end_user?: string; cursor?: string; limit: number },
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
        query.end_user === undefined ? undefined : eq(connections.endUser, query.end_user),
        after?.[0] === undefined ? undefined : gt(connections.id, after[0]),
      ),
    )
    .orderBy(asc(connections.id))
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const more = rows.length > query.limit;
  const states = await withCopies(context, page);
  return success({
    data: page.map((row) => connectionViewOf(row, states[row.id])),
    has_more: more,
    next_cursor: more ? encodeCursor([page.at(-1)?.id ?? ""]) : null,
  });
}

export async function getConnection(context: Context, id: string): Promise<Result<ConnectionView>> {
  const row = await findRow(context, id);
  if (row === undefined) return unknownConnection();
  const states = await withCopies(context, [row]);
  return success(connectionViewOf(row, states[row.id]));
}
