import { exists, type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { audit } from "../database/tables.ts";
import type { Context } from "./context.ts";
import { newId } from "./new-id.ts";

/** The audit row of a change, to be written in the batch of the change. */
export function auditEntry(context: Context, action: string, subject: string) {
  return context.ports.database.insert(audit).values(auditRow(context, action, subject));
}

/** A row whose id is given once: whoever writes it again after a lost answer writes nothing. */
export function auditRow({ ports, caller }: Context, action: string, subject: string): typeof audit.$inferInsert {
  return {
    id: newId(ports, "audit"),
    tenantId: caller.tenantId,
    environment: caller.environment,
    actor: caller.keyId,
    action,
    subject,
    at: new Date(ports.now()),
  };
}

/**
 * Likewise, for a change of rows that may not be there (any more): without one, nothing happened. Stands before the change in its
 * batch, and holds the rows until it is through: of two that delete the same, the second finds nothing, and says nothing.
 */
export function auditEntryIf(
  { ports, caller }: Context,
  action: string,
  subject: string,
  table: PgTable,
  found: SQL | undefined,
) {
  const { database } = ports;
  const at = new Date(ports.now()).toISOString();
  const rows = exists(database.select({ one: sql`1` }).from(table).where(found).for("update"));
  return database
    .insert(audit)
    .select(
      sql`select ${newId(ports, "audit")}, ${caller.tenantId}, ${caller.environment}, ${caller.keyId}, ${action}, ${subject}, ${at}::timestamptz, null::jsonb where ${rows}`,
    );
}
