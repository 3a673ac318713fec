import { index, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

export const apiKeys = pgTable(
  "api_keys",
  {
    id: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    name: text().notNull(),
    /** SHA-256 of the key: the key itself is stored nowhere. */
    hash: text().notNull(),
    scopes: text().array().notNull(),
    roles: text().array().notNull(),
    permissions: text().array().notNull(),
    createdBy: text("created_by"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    revokedAt: timestamp("revoked_at", { withTimezone: true }),
  },
  (table) => [
    uniqueIndex("api_keys_hash").on(table.hash),
    index("api_keys_tenant").on(table.tenantId, table.environment, table.id),
  ],
);
