import { pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Published connector versions, immutable. */
export const connectorVersions = pgTable(
  "connector_versions",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    version: text().notNull(),
    title: text().notNull(),
    description: text(),
    tags: text().array().notNull(),
    sha256: text().notNull(),
    /** The manifest as JSON, as it was read and normalised. */
    manifest: text().notNull(),
    publishedBy: text("published_by").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.namespace, table.name, table.version] })],
);

/** Which version of a connector a tenant means when it names none. */
export const connectorInstallations = pgTable(
  "connector_installations",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    version: text().notNull(),
    installedAt: timestamp("installed_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.namespace, table.name] })],
);
