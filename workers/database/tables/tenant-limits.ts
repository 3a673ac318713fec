import { pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** What differs from `contracts/limits.ts`, as JSON. The tenant object has a copy, which is the one that counts. */
export const tenantLimits = pgTable(
  "tenant_limits",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    limits: text().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment] })],
);

/** Budgets of a tenant (`tenant`) or of one of its workflows (`workflow:<slug>`), as they were put. */
export const budgets = pgTable(
  "budgets",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    scope: text().notNull(),
    /** JSON: the amounts, the period, the hold. */
    budget: text().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.scope] })],
);
