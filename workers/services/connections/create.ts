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
import { onTenant } from "../object-calls.ts";
import { splitValues } from "./connection-values.ts";
import { type ConnectionRow, connectionViewOf, sealedConnectionOf } from "./connection-view.ts";

/** Stores credentials for a connector, sealed before they are written anywhere. */
export async function createConnection(context: Context, body: CreateConnectionBody): Promise<Result<ConnectionView>> {
  const { ports, caller } = context;
  // Ignored, it would let everybody use what is one person's.
  if (body.end_user !== undefined)
    return validationFailure([{ path: "/end_user", message: '"end_user" is not available yet.' }]);
  const found = findConnector(await loadCatalog(context), body.connector);
  if (!found.found)
    return validationFailure([{ path: "/connector", message: found.message, suggestion: found.suggestion }]);
  const id = newId(ports, "connection");
  const { config, secret } = splitValues(body.values);
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
    await ports.database.batch([
      ports.database.insert(connections).values(row),
      auditEntry(context, "connection.created", id),
    ]);
  } catch (error) {
    if (isUniqueViolation(error))
      return failure("CONFLICT", `"${row.connector}" has a connection "${row.name}" already.`, { name: row.name });
    throw error;
  }
  await onTenant(ports, caller, (tenant) => tenant.putConnection(sealedConnectionOf(row)));
  return success(connectionViewOf(row));
}
