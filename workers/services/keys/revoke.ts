import { and, eq, isNull, sql } from "drizzle-orm";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { apiKeys } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { knownById } from "./verify-id.ts";

/**
 * Takes a key back: in Postgres, in the tenant object, here. Elsewhere an isolate may trust it for ten seconds more.
 * Revoking twice says the same twice, so a caller whose answer was lost can ask again.
 */
export async function revokeKey(
  context: Context,
  id: string,
): Promise<Result<{ status: "revoked"; id: string; revoked_at: string }>> {
  const { ports, caller } = context;
  const now = new Date(ports.now());
  const found = and(
    eq(apiKeys.id, id),
    eq(apiKeys.tenantId, caller.tenantId),
    caller.environment === "live" ? undefined : eq(apiKeys.environment, caller.environment),
  );
  const [, rows] = await ports.database.batch([
    auditEntryIf(context, "key.revoked", id, apiKeys, and(found, isNull(apiKeys.revokedAt))),
    ports.database
      .update(apiKeys)
      .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${now.toISOString()}::timestamptz)` })
      .where(found)
      .returning(),
  ]);
  const [row] = rows;
  if (row === undefined) return failure("NOT_FOUND", "There is no such key.");
  const revokedAt = row.revokedAt ?? now;
  const environment = row.environment === "live" ? "live" : "test";
  await onTenant(ports, { tenantId: caller.tenantId, environment }, (tenant) =>
    tenant.revokeKey(id, revokedAt.getTime()),
  );
  ports.keys.set(row.hash, null, ports.now());
  ports.keys.set(knownById(id), null, ports.now());
  return success({ status: "revoked", id, revoked_at: revokedAt.toISOString() });
}
