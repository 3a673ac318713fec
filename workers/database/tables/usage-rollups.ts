import { sql } from "drizzle-orm";
import { bigint, index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Sums of the ledger by hour and by day (UTC), written in the statement that writes the records: they always agree. */
export const usageRollups = pgTable(
  "usage_rollups",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    granularity: text().notNull(),
    period: timestamp({ withTimezone: true }).notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    connector: text().notNull(),
    stepKind: text("step_kind").notNull(),
    mode: text().notNull(),
    outcome: text().notNull(),
    /** Of the records: `usage` only ever grows, a `correction` may be negative. */
    kind: text().notNull(),
    executions: bigint({ mode: "number" }).notNull(),
    stepRuns: bigint("step_runs", { mode: "number" }).notNull(),
    computeMs: bigint("compute_ms", { mode: "number" }).notNull(),
    egressBytes: bigint("egress_bytes", { mode: "number" }).notNull(),
    aiTokens: bigint("ai_tokens", { mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({
      name: "usage_rollups_pk",
      columns: [
        table.tenantId,
        table.environment,
        table.granularity,
        table.period,
        table.workflowSlug,
        table.connector,
        table.stepKind,
        table.mode,
        table.outcome,
        table.kind,
      ],
    }),
    // How often a connector was called by everybody: what the registry shows of it.
    index("usage_rollups_by_connector")
      .on(table.environment, table.connector, table.period)
      .where(sql`granularity = 'day'`),
  ],
);
