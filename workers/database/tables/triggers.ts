import { sql } from "drizzle-orm";
import { bigint, boolean, index, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** Records of triggers. What fires is the copy in the triggers object; `dirty` rows have not been told to it yet. */
export const triggers = pgTable(
  "triggers",
  {
    id: text().primaryKey(),
    tenantId: text("tenant_id").notNull(),
    environment: text().notNull(),
    workflowSlug: text("workflow_slug").notNull(),
    /** `workflow`: of a published version; `api`: made by a request. */
    origin: text().notNull(),
    type: text().notNull(),
    name: text().notNull(),
    /** The trigger as it was written, as JSON. */
    config: text().notNull(),
    /** Of a webhook: its path without slashes around it. */
    hookPath: text("hook_path"),
    enabled: boolean().notNull(),
    paused: boolean().notNull(),
    /** Whose rights its executions have, as JSON. */
    actor: text().notNull(),
    /** Grows with every change, also over a row that was deleted and comes back. */
    revision: bigint({ mode: "number" }).notNull(),
    /** Gone for everybody; the row stays until the object knows. */
    deleted: boolean().notNull(),
    dirty: boolean().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    index("triggers_owner").on(table.tenantId, table.environment, table.id),
    index("triggers_workflow").on(table.tenantId, table.environment, table.workflowSlug),
    // A path is one webhook's: what checks it before it is written may be overtaken.
    uniqueIndex("triggers_hook_path").on(table.tenantId, table.environment, table.hookPath).where(sql`not deleted`),
    index("triggers_dirty").on(table.dirty).where(sql`dirty`),
  ],
);
