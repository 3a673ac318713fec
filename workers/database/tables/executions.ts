import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** The read model of executions, filled from the cells' outboxes. Never asked about one execution. */
export const executions = pgTable(
  "executions",
  {
    executionId: text("execution_id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    /** The cell's change counter: a later one wins, an equal or earlier one changes nothing. */
    change: bigint({ mode: "number" }).notNull(),
    status: text().notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    workflowName: text("workflow_name").notNull(),
    workflowVersion: text("workflow_version").notNull(),
    mode: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    startedAt: timestamp("started_at", { withTimezone: true }),
    finishedAt: timestamp("finished_at", { withTimezone: true }),
    error: text(),
    usage: text().notNull(),
    runAttempt: integer("run_attempt").notNull(),
  },
  (table) => [
    index("executions_created").on(table.tenantId, table.environment, table.createdAt.desc(), table.executionId.desc()),
    index("executions_workflow").on(table.tenantId, table.environment, table.workflowSlug, table.createdAt.desc()),
    index("executions_unfinished").on(table.tenantId, table.environment).where(sql`finished_at IS NULL`),
  ],
);
