import { bigint, boolean, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Where a tenant wants its traces and metrics (OTLP), and how that goes. */
export const telemetry = pgTable(
  "telemetry",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    endpoint: text().notNull(),
    /** JSON of the headers by name, sealed; null for none. */
    sealedHeaders: text("sealed_headers"),
    headerNames: text("header_names").array().notNull(),
    traces: boolean().notNull(),
    metrics: boolean().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
    metricsDue: timestamp("metrics_due", { withTimezone: true }).notNull(),
    sentAt: timestamp("sent_at", { withTimezone: true }),
    lastError: text("last_error"),
    /** Traces that were given up. */
    dropped: bigint({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ name: "telemetry_pk", columns: [table.tenantId, table.environment] })],
);

/** Traces that are to be sent: one for each run of an execution that ended, queued in the statement that projects its end. */
export const telemetryJobs = pgTable(
  "telemetry_jobs",
  {
    executionId: text("execution_id").notNull(),
    runAttempt: integer("run_attempt").notNull(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    attempts: integer().notNull(),
    due: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ name: "telemetry_jobs_pk", columns: [table.executionId, table.runAttempt] }),
    index("telemetry_jobs_due").on(table.due),
    index("telemetry_jobs_tenant").on(table.tenantId, table.environment),
  ],
);
