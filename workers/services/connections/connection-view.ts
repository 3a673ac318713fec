import type { ConnectionView } from "../../../contracts/api/connections.ts";
import type { ConnectionState, SealedConnection } from "../../../contracts/rpc.ts";
import type { connections } from "../../database/tables.ts";
import { connectionTypeOf } from "./connection-type.ts";

export type ConnectionRow = typeof connections.$inferSelect;

/** A row as it is shown: its secret members never are. */
export function connectionViewOf(row: ConnectionRow, state?: ConnectionState): ConnectionView {
  return {
    id: row.id,
    connector: row.connector,
    name: row.name,
    type: connectionTypeOf(row.type),
    config: JSON.parse(row.config),
    end_user: row.endUser,
    status: state?.status ?? (row.type === "OAUTH2" ? "pending" : "connected"),
    status_reason: state?.reason ?? null,
    last_used_at: state?.lastUsedAt === undefined ? null : new Date(state.lastUsedAt).toISOString(),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** A row as the tenant object keeps it. */
export function sealedConnectionOf(row: ConnectionRow): SealedConnection {
  const { id, connector, name, type, sealed, endUser, updatedAt } = row;
  const own = endUser === null ? {} : { endUser };
  return { id, connector, name, type, config: JSON.parse(row.config), sealed, changedAt: updatedAt.getTime(), ...own };
}
