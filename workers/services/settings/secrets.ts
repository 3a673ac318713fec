import { and, eq } from "drizzle-orm";
import type { SecretView } from "../../../contracts/api/settings.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { seal } from "../../../vault/vault.ts";
import { secrets } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { scopeUnavailable } from "./scope-unavailable.ts";

function own({ caller }: Context, name: string) {
  return and(
    eq(secrets.tenantId, caller.tenantId),
    eq(secrets.environment, caller.environment),
    eq(secrets.name, name),
  );
}

function unknown(): Failure {
  return failure("NOT_FOUND", "There is no such secret.");
}

function viewOf(row: Pick<typeof secrets.$inferSelect, "name" | "scope" | "createdAt" | "updatedAt">): SecretView {
  return {
    name: row.name,
    scope: row.scope === null ? null : JSON.parse(row.scope),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** Sets a secret. Its value is sealed here and never shown again. */
export async function putSecret(
  context: Context,
  name: string,
  value: string,
  scope?: JsonObject,
): Promise<Result<SecretView>> {
  if (scope !== undefined) return scopeUnavailable();
  const { ports, caller } = context;
  const now = new Date(ports.now());
  const sealed = await seal(ports.masterKey, { tenantId: caller.tenantId, purpose: "secret", id: name }, value);
  const changed = { sealed, scope: scope === undefined ? null : JSON.stringify(scope), updatedAt: now };
  const [[row]] = await ports.database.batch([
    ports.database
      .insert(secrets)
      .values({ tenantId: caller.tenantId, environment: caller.environment, name, createdAt: now, ...changed })
      .onConflictDoUpdate({ target: [secrets.tenantId, secrets.environment, secrets.name], set: changed })
      .returning(),
    auditEntry(context, "secret.put", name),
  ]);
  await onTenant(ports, caller, (tenant) => tenant.putSecret(name, sealed));
  return row === undefined ? unknown() : success(viewOf(row));
}

export async function getSecret(context: Context, name: string): Promise<Result<SecretView>> {
  const [row] = await context.ports.database.select().from(secrets).where(own(context, name));
  return row === undefined ? unknown() : success(viewOf(row));
}

export async function deleteSecret(
  context: Context,
  name: string,
): Promise<Result<{ status: "deleted"; name: string }>> {
  const { ports, caller } = context;
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "secret.deleted", name, secrets, own(context, name)),
    ports.database.delete(secrets).where(own(context, name)).returning({ name: secrets.name }),
  ]);
  await onTenant(ports, caller, (tenant) => tenant.deleteSecret(name));
  return gone.length === 0 ? unknown() : success({ status: "deleted", name });
}
