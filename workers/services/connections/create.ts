import type { ConnectionView, CreateConnectionBody } from "../../../contracts/api/connections.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { seal } from "../../../vault/vault.ts";
import { connections } from "../../database/tables.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { auditEntry } from "../audit-entry.ts";
import { loadCatalog, qualifiedName } from "../connectors/catalog.ts";
import { findConnector } from "../connectors/find.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import { onTenant } from "../object-calls.ts";
import { and, eq } from "drizzle-orm";
import { splitValues } from "./connection-values.ts";
import { ofEndUser } from "./of-end-user.ts";
import { ownConnections } from "./read.ts";
import { writtenAhead } from "./written-ahead.ts";
import { withCopies } from "./with-copies.ts";
import { unfitConnection, withDeclared } from "./unfit-connection.ts";
import { type ConnectionRow, connectionViewOf, sealedConnectionOf } from "./connection-view.ts";

/** Stores credentials for a connector, sealed before they are written anywhere. */
export async function createConnection(context: Context, body: CreateConnectionBody): Promise<Result<ConnectionView>> {
  const { ports, caller } = context;
  const found = findConnector(await loadCatalog(context), body.connector);
  if (!found.found)
    return validationFailure([{ path: "/connector", message: found.message, suggestion: found.suggestion }]);
  const id = newId(ports, "connection");
  const manifest = await manifestOf(context, found.entry, found.entry.installed ?? found.entry.versions[0] ?? "");
  if (!manifest.ok && manifest.code !== "NOT_FOUND") return manifest;
  const declared = manifest.ok ? manifest.value.auth : undefined;
  const values = withDeclared(body.type, body.values, declared);
  const wanted = { connector: qualifiedName(found.entry), auth: declared };
  const deployment = { certificates: ports.clientCertificates, tenantId: caller.tenantId };
  const unfit = unfitConnection(body.type, values, wanted, deployment);
  if (unfit) return unfit;
  const { config, secret } = splitValues(values);
  const known =
    body.end_user === undefined ? undefined : await ofEndUser(context, qualifiedName(found.entry), body.end_user);
  if (known !== undefined) {
    await withCopies(context, [known]);
    return failure("CONFLICT", `"${known.connector}" has a connection of this end user already.`, {
      end_user: known.endUser,
    });
  }
  const now = new Date(ports.now());
  const row: ConnectionRow = {
    id,
    tenantId: caller.tenantId,
    environment: caller.environment,
    connector: qualifiedName(found.entry),
    name: body.name,
    type: body.type,
    endUser: body.end_user ?? null,
    config: JSON.stringify(config),
    sealed: await seal(
      ports.masterKey,
      { tenantId: caller.tenantId, purpose: "connection", id },
      JSON.stringify(secret),
    ),
    createdAt: now,
    updatedAt: now,
  };
  try {
    await writtenAhead(context, row, now, () =>
      ports.database.batch([
        ports.database.insert(connections).values(row),
        auditEntry(context, "connection.created", id),
      ]),
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    // Whoever sends again what was cut off is told that it is there: then calls find it, too.
    const named = and(
      ownConnections(context),
      eq(connections.connector, row.connector),
      eq(connections.name, row.name),
    );
    await withCopies(context, await ports.database.select().from(connections).where(named));
    return failure("CONFLICT", `"${row.connector}" has a connection "${row.name}" already.`, { name: row.name });
  }
  await onTenant(ports, caller, (tenant) => tenant.putConnection(sealedConnectionOf(row)));
  return success(connectionViewOf(row));
}
