import { pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

const owned = () => ({
  tenantId: text("tenant_id").notNull(),
  environment: text().notNull(),
  name: text().notNull(),
  /** JSON: the connectors and workflows that may read it; null for all. */
  scope: text(),
  /** JSON: how often it is to be replaced, and how; null where nobody said. */
  rotation: text(),
  /** When its value was last set; null before this was kept. */
  rotatedAt: timestamp("rotated_at", { withTimezone: true }),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
});

export const secrets = pgTable("secrets", { ...owned(), sealed: text().notNull() }, (table) => [
  primaryKey({ columns: [table.tenantId, table.environment, table.name] }),
]);

/** `env` values are not secret: JSON as it was put. */
export const envValues = pgTable("env_values", { ...owned(), value: text().notNull() }, (table) => [
  primaryKey({ columns: [table.tenantId, table.environment, table.name] }),
]);
