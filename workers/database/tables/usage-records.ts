import { bigint, index, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/**
 * The ledger of usage: append-only. A record of kind `usage` is one metered event of an execution's log, and its id says which
 * one (`execution:sequence`), so that what is delivered twice is written once. A `correction` is a further record, with what
 * is to be added to the one that it refers to. Records of the environment `test` are never billed.
 */
export const usageRecords = pgTable(
  "usage_records",
  {
    id: text().primaryKey(),
    kind: text().notNull(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    executionId: text("execution_id").notNull(),
    /** The time of the transition that used it. */
    at: timestamp({ withTimezone: true }).notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    workflowVersion: text("workflow_version").notNull(),
    mode: text().notNull(),
    /** Empty for the start of an execution. */
    connector: text().notNull(),
    action: text().notNull(),
    stepKind: text("step_kind").notNull(),
    outcome: text().notNull(),
    executions: bigint({ mode: "number" }).notNull(),
    stepRuns: bigint("step_runs", { mode: "number" }).notNull(),
    computeMs: bigint("compute_ms", { mode: "number" }).notNull(),
    egressBytes: bigint("egress_bytes", { mode: "number" }).notNull(),
    aiTokens: bigint("ai_tokens", { mode: "number" }).notNull(),
    /** Of corrections: the record that it corrects, why, and who did it. */
    corrects: text(),
    reason: text(),
    actor: text(),
  },
  (table) => [
    index("usage_records_at").on(table.tenantId, table.environment, table.at),
    index("usage_records_execution").on(table.executionId),
  ],
);
