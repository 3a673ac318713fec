import { sql } from "drizzle-orm";
import type { Ports } from "../context.ts";
import { onCell } from "../object-calls.ts";

/** Rows of one statement: they travel as one JSON parameter. */
const BATCH = 500;

/** Milliseconds since the epoch, in a row's JSON, as a timestamp. */
const timestamp = (member: string) => sql.raw(`to_timestamp((row->>'${member}')::double precision / 1000)`);

/**
 * Writes projections (`ExecutionProjection` as JSON texts). A second delivery, or an older one that comes late, changes
 * nothing. The texts stay texts: neither this Worker nor drizzle takes each of their members in hand.
 */
async function write(ports: Ports, rows: readonly string[]): Promise<void> {
  await ports.database.execute(sql`
    INSERT INTO executions (
      execution_id, tenant_id, environment, change, status, workflow_slug, workflow_name, workflow_version, mode,
      created_at, started_at, finished_at, error, usage, run_attempt
    )
    SELECT
      row->>'executionId', row->>'tenantId', row->>'environment', (row->>'change')::bigint, row->>'status',
      row->>'workflowSlug', row->>'workflowName', row->>'workflowVersion', row->>'mode',
      ${timestamp("createdAt")}, ${timestamp("startedAt")}, ${timestamp("finishedAt")},
      nullif(row->'error', 'null'::jsonb)::text, (row->'usage')::text, (row->>'runAttempt')::integer
    FROM jsonb_array_elements(${`[${rows.join(",")}]`}::jsonb) AS row
    ON CONFLICT (execution_id) DO UPDATE SET
      change = excluded.change, status = excluded.status, started_at = excluded.started_at,
      finished_at = excluded.finished_at, error = excluded.error, usage = excluded.usage, run_attempt = excluded.run_attempt
    WHERE executions.change < excluded.change
  `);
}

/** Empties a cell's outbox into the read model: read, write, and only then acknowledge. Answers the rows moved. */
export async function projectCell(ports: Ports, cell: string, most = 10_000): Promise<number> {
  let moved = 0;
  let after = 0;
  while (moved < most) {
    const { rows, last } = await onCell(ports, cell, (it) => it.readOutbox(after, BATCH));
    if (rows.length === 0) break;
    await write(ports, rows);
    await onCell(ports, cell, (it) => it.ackOutbox(last));
    moved += rows.length;
    after = last;
    if (rows.length < BATCH) break;
  }
  return moved;
}
