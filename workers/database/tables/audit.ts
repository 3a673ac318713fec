import { index, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** Who changed what. Written in the transaction of the change. */
export const audit = pgTable(
  "audit",
  {
    id: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** What an act leaves to be read of it beside that it was done. */
    details: jsonb(),
  },
  (table) => [index("audit_at").on(table.tenantId, table.environment, table.at)],
);
