import type { Key } from "../../../contracts/api/keys.ts";
import type { KeyRecord } from "../../../contracts/rpc.ts";
import type { apiKeys } from "../../database/tables.ts";

type KeyRow = typeof apiKeys.$inferSelect;

/** A row as the tenant object keeps it. */
export function keyRecordOf(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    tenantId: row.tenantId,
    environment: row.environment === "live" ? "live" : "test",
    name: row.name,
    scopes: row.scopes,
    roles: row.roles,
    permissions: row.permissions,
    revokedAt: row.revokedAt?.getTime() ?? null,
  };
}

/** A row as it is shown. */
export function keyViewOf(
  row: Pick<KeyRow, "id" | "name" | "environment" | "scopes" | "roles" | "permissions" | "createdAt">,
): Key {
  return {
    id: row.id,
    name: row.name,
    environment: row.environment === "live" ? "live" : "test",
    scopes: row.scopes,
    roles: row.roles,
    permissions: row.permissions,
    created_at: row.createdAt.toISOString(),
  };
}
