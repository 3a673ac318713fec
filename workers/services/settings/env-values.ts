import type { EnvView, PutEnvBody } from "../../../contracts/api/settings.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { containsSecret } from "../../../engine/expressions/index.ts";
import { envValues } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import type { TenantRpc } from "../../../contracts/rpc.ts";
import { onTenant } from "../object-calls.ts";
import { changedColumns } from "./changed-columns.ts";
import { later } from "./later.ts";
import { ownSetting } from "./own-setting.ts";
import { settled } from "./settled.ts";
import { settingView } from "./setting-view.ts";

function unknown(): Failure {
  return failure("NOT_FOUND", "There is no such value.");
}

type Row = typeof envValues.$inferSelect;

function viewOf(row: Row, lastUsed: number | undefined, now: number): EnvView {
  return { ...settingView(row, lastUsed, now), value: JSON.parse(row.value) };
}

function put(tenant: TenantRpc, row: Row): Promise<void> {
  return tenant.putEnv(
    row.name,
    JSON.parse(row.value),
    row.scope === null ? null : JSON.parse(row.scope),
    row.updatedAt.getTime(),
  );
}

async function read(context: Context, name: string): Promise<Row | undefined> {
  const [row] = await context.ports.database
    .select()
    .from(envValues)
    .where(ownSetting(context, envValues, name));
  return row;
}

/** Sets a value that workflows read as `env.<name>`: those that start from now on. Or who may read it. */
export async function putEnv(context: Context, name: string, body: PutEnvBody): Promise<Result<EnvView>> {
  const { ports, caller } = context;
  const { value } = body;
  if (value !== undefined && containsSecret(value)) {
    return validationFailure([
      { path: "/value", message: 'A member must not be named "$secret": it marks the platform\'s own secrets.' },
    ]);
  }
  const columns = await changedColumns(context, body);
  if (!columns.ok) return columns;
  const row = await (value === undefined
    ? changeRow(context, name, columns.value)
    : writeRow(context, name, { ...columns.value, value: JSON.stringify(value) }));
  if (row === undefined) return unknown();
  await onTenant(ports, caller, (tenant) => put(tenant, row));
  const { lastUsedAt } = await onTenant(ports, caller, (tenant) => tenant.settingState("env", name));
  return success(viewOf(row, lastUsedAt, ports.now()));
}

type Changed = Partial<typeof envValues.$inferInsert> & { updatedAt: Date };

async function changeRow(context: Context, name: string, changed: Changed) {
  const { ports } = context;
  const [, [row]] = await ports.database.batch([
    auditEntryIf(context, "env.changed", name, envValues, ownSetting(context, envValues, name)),
    ports.database
      .update(envValues)
      .set({ ...changed, updatedAt: later(envValues.updatedAt, changed.updatedAt) })
      .where(ownSetting(context, envValues, name))
      .returning(),
  ]);
  return row;
}

async function writeRow(context: Context, name: string, changed: Changed & { value: string }) {
  const { ports, caller } = context;
  const owned = { tenantId: caller.tenantId, environment: caller.environment, name };
  const [[row]] = await ports.database.batch([
    ports.database
      .insert(envValues)
      .values({ ...owned, createdAt: changed.updatedAt, ...changed })
      .onConflictDoUpdate({
        target: [envValues.tenantId, envValues.environment, envValues.name],
        set: { ...changed, updatedAt: later(envValues.updatedAt, changed.updatedAt) },
      })
      .returning(),
    auditEntry(context, "env.put", name),
  ]);
  return row;
}

export async function getEnv(context: Context, name: string): Promise<Result<EnvView>> {
  const { row, lastUsed } = await settled(context, "env", name, () => read(context, name), put);
  return row === undefined ? unknown() : success(viewOf(row, lastUsed, context.ports.now()));
}

export async function deleteEnv(context: Context, name: string): Promise<Result<{ status: "deleted"; name: string }>> {
  const { ports, caller } = context;
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "env.deleted", name, envValues, ownSetting(context, envValues, name)),
    ports.database
      .delete(envValues)
      .where(ownSetting(context, envValues, name))
      .returning({ updatedAt: envValues.updatedAt }),
  ]);
  const [row] = gone;
  if (row === undefined) {
    // Whoever deleted it may have been stopped before its copy.
    await settled(context, "env", name, () => read(context, name), put);
    return unknown();
  }
  await onTenant(ports, caller, (tenant) => tenant.deleteSetting("env", name, row.updatedAt.getTime()));
  return success({ status: "deleted", name });
}
