import { and, eq } from "drizzle-orm";
import { connections } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import type { ConnectionRow } from "./connection-view.ts";
import { ownConnections } from "./read.ts";

/** An end user's own connection of a connector. */
export async function ofEndUser(
  context: Context,
  connector: string,
  endUser: string,
): Promise<ConnectionRow | undefined> {
  const wanted = and(ownConnections(context), eq(connections.connector, connector), eq(connections.endUser, endUser));
  const [row] = await context.ports.database.select().from(connections).where(wanted);
  return row;
}
