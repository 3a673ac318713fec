import { exists, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { audit } from "../database/tables.ts";
import type { Context } from "./context.ts";
import { newId } from "./new-id.ts";

/** The audit row of a change, to be written in the batch of the change. */
export function auditEntry({ ports, caller }: Context, action: string, subject: string) {
  return ports.database.insert(audit).values({
    id: newId(ports, "audit"),
    tenantId: caller.tenantId,
    environment: caller.environment,
    actor: caller.keyId,
    action,
    subject,
    at: new Date(ports.now()),
  });
}

/** Likewise, for a change of rows that may not be there: without one, nothing happened. Stands before the change in its batch. */
export function auditEntryIf(
  { ports, caller }: Context,
  action: string,
  subject: string,
  table: PgTable,
  found: SQL | undefined,
) {
  const { database } = ports;
  const at = new Date(ports.now()).toISOString();
  const rows = exists(database.select({ one: sql`1` }).from(table).where(found));
  return database
    .insert(audit)
    .select(
      sql`select ${newId(ports, "audit")}, ${caller.tenantId}, ${caller.environment}, ${caller.keyId}, ${action}, ${subject}, ${at}::timestamptz where ${rows}`,
    );
}
