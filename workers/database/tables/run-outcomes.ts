import { bigint, doublePrecision, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

/** How executions ended and how long they took: counters that only grow, counted with the row that ended each. */
export const runOutcomes = pgTable(
  "run_outcomes",
  {
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    mode: text().notNull(),
    status: text().notNull(),
    /** Number of the first bound of the histogram that the duration does not pass; the last has none. */
    bucket: integer().notNull(),
    runs: bigint({ mode: "number" }).notNull(),
    seconds: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({
      name: "run_outcomes_pk",
      columns: [table.tenantId, table.environment, table.workflowSlug, table.mode, table.status, table.bucket],
    }),
  ],
);
