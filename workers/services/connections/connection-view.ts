import { CONNECTION_TYPES, type ConnectionView } from "../../../contracts/api/connections.ts";
import type { SealedConnection } from "../../../contracts/rpc.ts";
import type { connections } from "../../database/tables.ts";

export type ConnectionRow = typeof connections.$inferSelect;

/** A row as it is shown: its secret members never are. */
export function connectionViewOf(row: ConnectionRow): ConnectionView {
  return {
    id: row.id,
    connector: row.connector,
    name: row.name,
    type: CONNECTION_TYPES.find((type) => type === row.type) ?? "NONE",
    config: JSON.parse(row.config),
    end_user: row.endUser,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** A row as the tenant object keeps it. */
export function sealedConnectionOf(row: ConnectionRow): SealedConnection {
  const { id, connector, name, type, sealed } = row;
  return { id, connector, name, type, config: JSON.parse(row.config), sealed };
}
