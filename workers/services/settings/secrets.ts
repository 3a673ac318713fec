import type { PutSecretBody, SecretView } from "../../../contracts/api/settings.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { seal } from "../../../vault/vault.ts";
import { secrets } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { changedColumns } from "./changed-columns.ts";
import { later } from "./later.ts";
import { ownSetting } from "./own-setting.ts";
import { settled } from "./settled.ts";
import { putSecretCopy } from "./put-secret-copy.ts";
import { settingView } from "./setting-view.ts";

function unknown(): Failure {
  return failure("NOT_FOUND", "There is no such secret.");
}

type Row = typeof secrets.$inferSelect;

function viewOf(row: Row, lastUsed: number | undefined, now: number): SecretView {
  return settingView(row, lastUsed, now);
}

async function read(context: Context, name: string): Promise<Row | undefined> {
  const [row] = await context.ports.database
    .select()
    .from(secrets)
    .where(ownSetting(context, secrets, name));
  return row;
}

/** Sets a secret, or who may read it. Its value is sealed here and never shown again. */
export async function putSecret(context: Context, name: string, body: PutSecretBody): Promise<Result<SecretView>> {
  const { ports, caller } = context;
  const columns = await changedColumns(context, body);
  if (!columns.ok) return columns;
  const row = await (body.value === undefined
    ? changeRow(context, name, columns.value)
    : writeRow(context, name, {
        ...columns.value,
        sealed: await seal(ports.masterKey, { tenantId: caller.tenantId, purpose: "secret", id: name }, body.value),
      }));
  if (row === undefined) return unknown();
  await onTenant(ports, caller, (tenant) => putSecretCopy(tenant, row));
  const { lastUsedAt } = await onTenant(ports, caller, (tenant) => tenant.settingState("secret", name));
  return success(viewOf(row, lastUsedAt, ports.now()));
}

type Changed = Partial<typeof secrets.$inferInsert> & { updatedAt: Date };

async function changeRow(context: Context, name: string, changed: Changed) {
  const { ports } = context;
  const [, [row]] = await ports.database.batch([
    auditEntryIf(context, "secret.changed", name, secrets, ownSetting(context, secrets, name)),
    ports.database
      .update(secrets)
      .set({ ...changed, updatedAt: later(secrets.updatedAt, changed.updatedAt) })
      .where(ownSetting(context, secrets, name))
      .returning(),
  ]);
  return row;
}

async function writeRow(context: Context, name: string, changed: Changed & { sealed: string }) {
  const { ports, caller } = context;
  const owned = { tenantId: caller.tenantId, environment: caller.environment, name };
  const [[row]] = await ports.database.batch([
    ports.database
      .insert(secrets)
      .values({ ...owned, createdAt: changed.updatedAt, ...changed })
      .onConflictDoUpdate({
        target: [secrets.tenantId, secrets.environment, secrets.name],
        set: { ...changed, updatedAt: later(secrets.updatedAt, changed.updatedAt) },
      })
      .returning(),
    auditEntry(context, "secret.put", name),
  ]);
  return row;
}

export async function getSecret(context: Context, name: string): Promise<Result<SecretView>> {
  const { row, lastUsed } = await settled(context, "secret", name, () => read(context, name), putSecretCopy);
  return row === undefined ? unknown() : success(viewOf(row, lastUsed, context.ports.now()));
}

export async function deleteSecret(
  context: Context,
  name: string,
): Promise<Result<{ status: "deleted"; name: string }>> {
  const { ports, caller } = context;
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "secret.deleted", name, secrets, ownSetting(context, secrets, name)),
    ports.database
      .delete(secrets)
      .where(ownSetting(context, secrets, name))
      .returning({ updatedAt: secrets.updatedAt }),
  ]);
  const [row] = gone;
  if (row === undefined) {
    // Whoever deleted it may have been stopped before its copy.
    await settled(context, "secret", name, () => read(context, name), putSecretCopy);
    return unknown();
  }
  await onTenant(ports, caller, (tenant) => tenant.deleteSetting("secret", name, row.updatedAt.getTime()));
  return success({ status: "deleted", name });
}
