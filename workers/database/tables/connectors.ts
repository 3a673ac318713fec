import { customType, index, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

const searchVector = customType<{ data: string }>({ dataType: () => "tsvector" });

/** Published connector versions: their content never changes, and an unpublished one keeps its row and so its name. */
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
    /** SHA-256 of the text as it was published. */
    sourceSha256: text("source_sha256"),
    /** `public` or `private`. */
    visibility: text().notNull().default("private"),
    /** Sorts by code point as versions do. */
    versionKey: text("version_key").notNull().default(""),
    /** What a search looks at: name, tags, description and readme with the weights A to D. */
    search: searchVector(),
    /** Ed25519 over the text as it was published, base64, and the key it was verified with. */
    signature: text(),
    signatureKey: text("signature_key"),
    deprecatedAt: timestamp("deprecated_at", { withTimezone: true }),
    deprecatedReason: text("deprecated_reason"),
    replacementVersion: text("replacement_version"),
    unpublishedAt: timestamp("unpublished_at", { withTimezone: true }),
    publishedBy: text("published_by").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.environment, table.namespace, table.name, table.version] }),
    index("connector_versions_by_name").on(table.environment, table.name, table.namespace),
  ],
);

/** Whose a namespace is: that of the tenant who published in it first. `community` of a development deployment has no row. */
export const connectorNamespaces = pgTable(
  "connector_namespaces",
  {
    environment: text().notNull(),
    namespace: text().notNull(),
    tenantId: text("tenant_id").notNull(),
    /** The same for names that look alike. */
    skeleton: text(),
    claimedAt: timestamp("claimed_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environment, table.namespace] }),
    uniqueIndex("connector_namespaces_look").on(table.environment, table.skeleton),
  ],
);

/** Keys with which the owner of a namespace signs what it publishes. */
export const publisherKeys = pgTable("publisher_keys", {
  id: text().primaryKey(),
  tenantId: text("tenant_id").notNull(),
  environment: text().notNull(),
  namespace: text().notNull(),
  name: text().notNull(),
  /** Raw Ed25519 public key, base64. */
  publicKey: text("public_key").notNull(),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  revokedAt: timestamp("revoked_at", { withTimezone: true }),
});

/** Which connector versions a published workflow version has pinned. */
export const connectorPins = pgTable(
  "connector_pins",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    workflowVersion: text("workflow_version").notNull(),
    namespace: text().notNull(),
    name: text().notNull(),
    version: text().notNull(),
  },
  (table) => [
    primaryKey({
      name: "connector_pins_pk",
      columns: [
        table.tenantId,
        table.environment,
        table.workflowSlug,
        table.workflowVersion,
        table.namespace,
        table.name,
        table.version,
      ],
    }),
    index("connector_pins_by_connector").on(table.environment, table.namespace, table.name, table.version),
  ],
);

/** What a tenant lets be installed and run: JSON. No row: everything that it can see. */
export const trustPolicies = pgTable(
  "trust_policies",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    policy: text().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.environment] })],
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
    /** What was asked for, such as `^1.2` or `1.2.3`; null for whatever is newest. */
    range: text(),
    installedAt: timestamp("installed_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.environment, table.namespace, table.name] }),
    index("connector_installations_by_connector").on(table.environment, table.namespace, table.name),
  ],
);
