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
    /** The definition as it was published, and its form (`yaml`, `json`); null for rows from before both were kept. */
    source: text(),
    sourceFormat: text("source_format"),
    publishedBy: text("published_by").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment, table.namespace, table.name, table.version] })],
);

/** Whose a namespace is: that of the tenant who published in it first. `community` of a development deployment has no row. */
export const connectorNamespaces = pgTable(
  "connector_namespaces",
  {
    environment: text().notNull(),
    namespace: text().notNull(),
    tenantId: text("tenant_id").notNull(),
    claimedAt: timestamp("claimed_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.environment, table.namespace] })],
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
