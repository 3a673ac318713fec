import { pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

export const connections = pgTable(
  "connections",
  {
    id: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    connector: text().notNull(),
    name: text().notNull(),
    type: text().notNull(),
    endUser: text("end_user"),
    /** Non-secret members, as JSON. */
    config: text().notNull(),
    /** Secret members, sealed by the vault. */
    sealed: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [uniqueIndex("connections_name").on(table.tenantId, table.environment, table.connector, table.name)],
);
