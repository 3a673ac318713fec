import { and, eq } from "drizzle-orm";
import type { AuthDeclaration } from "../../../connectors/manifest/manifest.ts";
import type { ChangeConnectionBody, ConnectionView } from "../../../contracts/api/connections.ts";
import { type Failure, failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { seal } from "../../../vault/vault.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { connections } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import { loadCatalog } from "../connectors/catalog.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { later } from "../settings/later.ts";
import { connectionTypeOf } from "./connection-type.ts";
import { splitValues } from "./connection-values.ts";
import { deleteCopy } from "./delete-copy.ts";
import { giveUpConsent } from "./give-up-consent.ts";
import { type ConnectionRow, connectionViewOf, sealedConnectionOf } from "./connection-view.ts";
import { findRow, ownConnections, unknownConnection } from "./read.ts";
import { writtenAhead } from "./written-ahead.ts";
import { unfitConnection, withDeclared } from "./unfit-connection.ts";

/** What its connector says of its auth now; undefined where it is gone, or declares none. */
async function declaredBy(context: Context, connector: string): Promise<Result<AuthDeclaration | undefined>> {
  const entry = (await loadCatalog(context)).get(connector);
  const loaded = entry && (await manifestOf(context, entry, entry.installed ?? entry.versions[0] ?? ""));
  if (loaded?.ok === false && loaded.code !== "NOT_FOUND") return loaded;
  return success(loaded?.ok ? loaded.value.auth : undefined);
}

async function newValues(
  context: Context,
  id: string,
  values: JsonObject | undefined,
): Promise<Partial<ConnectionRow>> {
  if (values === undefined) return {};
  const { config, secret } = splitValues(values);
  const place = { tenantId: context.caller.tenantId, purpose: "connection", id };
  return { config: JSON.stringify(config), sealed: await seal(context.ports.masterKey, place, JSON.stringify(secret)) };
}

/** Changes what is named. `values` replaces all values: they are write-only, so there is nothing to merge with. */
export async function changeConnection(
  context: Context,
  id: string,
  body: ChangeConnectionBody,
): Promise<Result<ConnectionView>> {
  const { ports, caller } = context;
  let values: JsonObject | undefined;
  const row = await findRow(context, id);
  if (row === undefined) return unknownConnection();
  // The type that it has already is no change.
  if (body.values !== undefined || (body.type !== undefined && body.type !== row.type)) {
    if (body.values === undefined && body.type !== row.type)
      return validationFailure([{ path: "/values", message: "Another type needs its own values: send `values` too." }]);
    if (body.values !== undefined) {
      const declared = await declaredBy(context, row.connector);
      if (!declared.ok) return declared;
      const type = body.type ?? connectionTypeOf(row.type);
      values = withDeclared(type, body.values, declared.value);
      const deployment = { certificates: ports.clientCertificates, tenantId: caller.tenantId };
      const unfit = unfitConnection(type, values, { connector: row.connector, auth: declared.value }, deployment);
      if (unfit) return unfit;
    }
    if (body.name !== undefined && (await isTaken(context, row, body.name))) return nameTaken(body.name);
    if (row.type === "OAUTH2") await giveUpConsent(context, row);
  }
  const now = new Date(ports.now());
  const change = {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.type === undefined ? {} : { type: body.type }),
    ...(await newValues(context, id, values)),
    updatedAt: later(connections.updatedAt, now),
  };
  const found = and(ownConnections(context), eq(connections.id, id));
  try {
    const [, [changed]] = await writtenAhead(context, row, now, () =>
      ports.database.batch([
        auditEntryIf(context, "connection.changed", id, connections, found),
        ports.database.update(connections).set(change).where(found).returning(),
      ]),
    );
    if (changed === undefined) {
      await deleteCopy(ports, caller, id);
      return unknownConnection();
    }
    await onTenant(ports, caller, async (tenant) => {
      await tenant.putConnection(sealedConnectionOf(changed));
      if (body.values !== undefined && changed.type === "OAUTH2")
        await tenant.putConnectionState(id, { status: "pending" });
    });
    return success(connectionViewOf(changed));
  } catch (error) {
    if (isUniqueViolation(error)) return nameTaken(body.name ?? "");
    throw error;
  }
}

function nameTaken(name: string): Failure {
  return failure("CONFLICT", `There is a connection "${name}" already.`, { name });
}

/** Asked before anything is given up for a change that would be refused. */
async function isTaken(context: Context, { id, connector }: ConnectionRow, name: string): Promise<boolean> {
  const wanted = and(ownConnections(context), eq(connections.connector, connector), eq(connections.name, name));
  const rows = await context.ports.database.select({ id: connections.id }).from(connections).where(wanted);
  return rows.some((row) => row.id !== id);
}

/** Deletes it. Calls that need it from now on fail by name. */
export async function deleteConnection(
  context: Context,
  id: string,
): Promise<Result<{ status: "deleted"; id: string }>> {
  const { ports, caller } = context;
  const found = and(ownConnections(context), eq(connections.id, id));
  const row = await findRow(context, id);
  const deletion = () =>
    ports.database.batch([
      auditEntryIf(context, "connection.deleted", id, connections, found),
      ports.database.delete(connections).where(found).returning({ id: connections.id }),
    ]);
  const [, gone] = await (row === undefined ? deletion() : writtenAhead(context, row, new Date(ports.now()), deletion));
  // RFC 7009. Its token goes before its copy, by which whoever is stopped here is noticed. A provider that is down does not keep it.
  if (row?.type === "OAUTH2")
    await ports.oauth.revokeConnection(caller, sealedConnectionOf(row), true).catch(() => false);
  // Also where the row is gone already: whoever deleted it may have been stopped before this.
  await deleteCopy(ports, caller, id);
  if (gone.length === 0) return unknownConnection();
  return success({ status: "deleted", id });
}
