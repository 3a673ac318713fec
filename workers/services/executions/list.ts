import { and, sql } from "drizzle-orm";
import type * as z from "zod";
import type { ExecutionSummary, listExecutionsQuery } from "../../../contracts/api/executions.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { executions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { catchUp } from "./catch-up.ts";
import { NEWEST_FIRST } from "./newest-first.ts";
import { executionFilter } from "./execution-filter.ts";

type Query = z.infer<typeof listExecutionsQuery>;
type Row = typeof executions.$inferSelect;

/** What `project` stored: it was made from these very types. */
function storedSummary(row: Row): ExecutionSummary {
  const finished = row.finishedAt ?? null;
  return {
    execution_id: row.executionId,
    status: row.status as ExecutionSummary["status"],
    workflow: { name: row.workflowName, version: row.workflowVersion, slug: row.workflowSlug },
    execution_mode: row.mode as ExecutionSummary["execution_mode"],
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    finished_at: finished?.toISOString() ?? null,
    elapsed_ms: finished && row.startedAt ? finished.getTime() - row.startedAt.getTime() : 0,
    ...(row.error === null ? {} : { error: JSON.parse(row.error) }),
    usage: JSON.parse(row.usage),
    run_attempt: row.runAttempt,
  };
}

function pagePosition(cursor: string): { at: Date; id: string } | null {
  const [time, id] = decodeCursor(cursor, 2) ?? [];
  const at = new Date(time ?? "");
  return id === undefined || Number.isNaN(at.getTime()) ? null : { at, id };
}

/** Newest first, from the read model; `as_of` says how far that goes. */
export async function listExecutions(
  context: Context,
  query: Query,
): Promise<Result<Page<ExecutionSummary> & { as_of: string }>> {
  const { ports, caller } = context;
  const after = query.cursor === undefined ? undefined : pagePosition(query.cursor);
  if (after === null) return badCursor();
  const asOf = await catchUp(context);
  const rows = await ports.database
    .select()
    .from(executions)
    .where(
      and(
        executionFilter(caller, query),
        after &&
          sql`(${executions.createdAt}, ${executions.executionId}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
      ),
    )
    .orderBy(...NEWEST_FIRST)
    .limit(query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit;
  return success({
    data: page.map(storedSummary),
    has_more: more,
    next_cursor: more && last ? encodeCursor([last.createdAt.toISOString(), last.executionId]) : null,
    as_of: new Date(asOf).toISOString(),
  });
}
