import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/**
 * Published versions, immutable. JSON stands in text columns: a definition may hold characters that jsonb refuses, and
 * its bytes must stay as they were hashed.
 */
export const workflowVersions = pgTable(
  "workflow_versions",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    slug: text().notNull(),
    version: text().notNull(),
    name: text().notNull(),
    /** SHA-256 of the canonical JSON of the plan source. */
    digest: text().notNull(),
    /** PlanSource as JSON. */
    plan: text().notNull(),
    publishedBy: text("published_by").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.slug, table.version] })],
);

/** One row a slug: what a list shows. The version that a bare slug means is the highest of its versions. */
export const workflows = pgTable(
  "workflows",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    slug: text().notNull(),
    name: text().notNull(),
    description: text(),
    /** Counts publications; the triggers of that many are in force where both are equal. Else the sweeper sees to it. */
    triggersWanted: integer("triggers_wanted").notNull().default(0),
    triggersInstalled: integer("triggers_installed").notNull().default(0),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.slug] })],
);
