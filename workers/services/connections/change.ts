import { and, eq } from "drizzle-orm";
import type { ChangeConnectionBody, ConnectionView } from "../../../contracts/api/connections.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { seal } from "../../../vault/vault.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { connections } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { splitValues } from "./connection-values.ts";
import { type ConnectionRow, connectionViewOf, sealedConnectionOf } from "./connection-view.ts";
import { ownConnections, unknownConnection } from "./read.ts";

async function newValues(
  context: Context,
  id: string,
  { values }: ChangeConnectionBody,
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
  const change = {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.type === undefined ? {} : { type: body.type }),
    ...(await newValues(context, id, body)),
    updatedAt: new Date(ports.now()),
  };
  const found = and(ownConnections(context), eq(connections.id, id));
  try {
    const [, [row]] = await ports.database.batch([
      auditEntryIf(context, "connection.changed", id, connections, found),
      ports.database.update(connections).set(change).where(found).returning(),
    ]);
    if (row === undefined) return unknownConnection();
    await onTenant(ports, caller, (tenant) => tenant.putConnection(sealedConnectionOf(row)));
    return success(connectionViewOf(row));
  } catch (error) {
    if (isUniqueViolation(error))
      return failure("CONFLICT", `There is a connection "${body.name ?? ""}" already.`, { name: body.name ?? "" });
    throw error;
  }
}

/** Deletes it. Calls that need it from now on fail by name. */
export async function deleteConnection(
  context: Context,
  id: string,
): Promise<Result<{ status: "deleted"; id: string }>> {
  const { ports, caller } = context;
  const found = and(ownConnections(context), eq(connections.id, id));
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "connection.deleted", id, connections, found),
    ports.database.delete(connections).where(found).returning({ id: connections.id }),
  ]);
  if (gone.length === 0) return unknownConnection();
  await onTenant(ports, caller, (tenant) => tenant.deleteConnection(id));
  return success({ status: "deleted", id });
}
