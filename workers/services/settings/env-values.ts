import { and, eq } from "drizzle-orm";
import type { EnvView } from "../../../contracts/api/settings.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { containsSecret } from "../../../engine/expressions/index.ts";
import { envValues } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { scopeUnavailable } from "./scope-unavailable.ts";

function own({ caller }: Context, name: string) {
  return and(
    eq(envValues.tenantId, caller.tenantId),
    eq(envValues.environment, caller.environment),
    eq(envValues.name, name),
  );
}

function unknown(): Failure {
  return failure("NOT_FOUND", "There is no such value.");
}

function viewOf(row: typeof envValues.$inferSelect): EnvView {
  return {
    name: row.name,
    value: JSON.parse(row.value),
    scope: row.scope === null ? null : JSON.parse(row.scope),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** Sets a value that workflows read as `env.<name>`: those that start from now on. */
export async function putEnv(
  context: Context,
  name: string,
  value: Json,
  scope?: JsonObject,
): Promise<Result<EnvView>> {
  if (scope !== undefined) return scopeUnavailable();
  if (containsSecret(value)) {
    return validationFailure([
      { path: "/value", message: 'A member must not be named "$secret": it marks the platform\'s own secrets.' },
    ]);
  }
  const { ports, caller } = context;
  const now = new Date(ports.now());
  const changed = {
    value: JSON.stringify(value),
    scope: scope === undefined ? null : JSON.stringify(scope),
    updatedAt: now,
  };
  const [[row]] = await ports.database.batch([
    ports.database
      .insert(envValues)
      .values({ tenantId: caller.tenantId, environment: caller.environment, name, createdAt: now, ...changed })
      .onConflictDoUpdate({ target: [envValues.tenantId, envValues.environment, envValues.name], set: changed })
      .returning(),
    auditEntry(context, "env.put", name),
  ]);
  await onTenant(ports, caller, (tenant) => tenant.putEnv(name, value));
  return row === undefined ? unknown() : success(viewOf(row));
}

export async function getEnv(context: Context, name: string): Promise<Result<EnvView>> {
  const [row] = await context.ports.database.select().from(envValues).where(own(context, name));
  return row === undefined ? unknown() : success(viewOf(row));
}

export async function deleteEnv(context: Context, name: string): Promise<Result<{ status: "deleted"; name: string }>> {
  const { ports, caller } = context;
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "env.deleted", name, envValues, own(context, name)),
    ports.database.delete(envValues).where(own(context, name)).returning({ name: envValues.name }),
  ]);
  await onTenant(ports, caller, (tenant) => tenant.deleteEnv(name));
  return gone.length === 0 ? unknown() : success({ status: "deleted", name });
}
