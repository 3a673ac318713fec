import { sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import { whileNothingIsPurged } from "./purge-lock.ts";
import { DURATION_BOUNDS_S } from "../metrics/duration-bounds.ts";

/** Milliseconds since the epoch, in a row's JSON, as a timestamp. */
const timestamp = (member: string) => sql.raw(`to_timestamp((row->>'${member}')::double precision / 1000)`);

/**
 * Writes a page of an outbox (`ExecutionProjection`s as JSON texts) in one statement, which is all or nothing: the read model,
 * how executions ended and who steered them, the records of usage, and their sums. A second delivery, or an older one that comes late, changes
 * nothing: sums take up only what was really inserted, and of an execution that was purged only its usage is taken. The texts stay texts: neither this Worker nor drizzle takes each of
 * their members in hand. Rows that others count up, too, are taken in one order, so that two such statements never lock each
 * other out.
 */
export async function projectPage({ database }: Ports, owner: Owner, rows: readonly string[]): Promise<number> {
  const [, written] = await database.batch([
    database.execute(whileNothingIsPurged(owner)),
    database.execute<{ traces: string }>(pageStatement(rows)),
  ]);
  return Number(written.rows[0]?.traces ?? 0);
}

function pageStatement(rows: readonly string[]) {
  return sql`
    WITH page AS MATERIALIZED (
      SELECT row FROM jsonb_array_elements(${`[${rows.join(",")}]`}::jsonb) AS row
    ),
    purged AS MATERIALIZED (
      SELECT id FROM audit WHERE id = ANY (ARRAY(SELECT 'aud_' || (row->>'executionId') || ':purged' FROM page))
    ),
    kept AS MATERIALIZED (
      SELECT row FROM page WHERE 'aud_' || (row->>'executionId') || ':purged' NOT IN (SELECT id FROM purged)
    ),
    projected AS (
      INSERT INTO executions (
        execution_id, tenant_id, environment, change, status, workflow_slug, workflow_name, workflow_version, mode,
        created_at, started_at, finished_at, error, usage, run_attempt
      )
      SELECT
        row->>'executionId', row->>'tenantId', row->>'environment', (row->>'change')::bigint, row->>'status',
        row->>'workflowSlug', row->>'workflowName', row->>'workflowVersion', row->>'mode',
        ${timestamp("createdAt")}, ${timestamp("startedAt")}, ${timestamp("finishedAt")},
        nullif(row->'error', 'null'::jsonb)::text, (row->'usage')::text, (row->>'runAttempt')::integer
      FROM kept
      ON CONFLICT (execution_id) DO UPDATE SET
        change = excluded.change, status = excluded.status, started_at = excluded.started_at,
        finished_at = excluded.finished_at, error = excluded.error, usage = excluded.usage,
        run_attempt = excluded.run_attempt, workflow_name = excluded.workflow_name,
        workflow_version = excluded.workflow_version
      WHERE executions.change < excluded.change
      RETURNING execution_id, run_attempt, tenant_id, environment, workflow_slug, mode, status,
        extract(epoch FROM finished_at - coalesce(started_at, finished_at))::double precision AS seconds
    ),
    ended AS (
      INSERT INTO run_outcomes (tenant_id, environment, workflow_slug, mode, status, bucket, runs, seconds)
      SELECT tenant_id, environment, workflow_slug, mode, status, ${bucketOf("seconds")} AS bucket, count(*), sum(seconds)
      FROM projected WHERE seconds IS NOT NULL
      GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
      ON CONFLICT (tenant_id, environment, workflow_slug, mode, status, bucket) DO UPDATE SET
        runs = run_outcomes.runs + excluded.runs, seconds = run_outcomes.seconds + excluded.seconds
    ),
    traced AS (
      INSERT INTO telemetry_jobs (execution_id, run_attempt, tenant_id, environment, attempts, due)
      SELECT execution_id, run_attempt, tenant_id, environment, 0, now()
      FROM projected JOIN telemetry USING (tenant_id, environment)
      WHERE seconds IS NOT NULL AND traces
      ON CONFLICT (execution_id, run_attempt) DO NOTHING
      RETURNING 1
    ),
    acted AS (
      INSERT INTO audit (id, tenant_id, environment, actor, action, subject, at)
      SELECT 'aud_' || (row->>'executionId') || ':' || seq, row->>'tenantId', row->>'environment', actor, action,
        (row->>'executionId') || coalesce('/' || step, ''), to_timestamp(act.at::double precision / 1000)
      FROM page, jsonb_to_recordset(row->'acts') AS act (seq bigint, at bigint, actor text, action text, step text)
      ORDER BY 1
      ON CONFLICT (id) DO NOTHING
    ),
    recorded AS (
      INSERT INTO usage_records (
        id, kind, tenant_id, environment, execution_id, at, workflow_slug, workflow_version, mode,
        connector, action, step_kind, outcome, executions, step_runs, compute_ms, egress_bytes, ai_tokens
      )
      SELECT
        (row->>'executionId') || ':' || (fact->>0), 'usage', row->>'tenantId', row->>'environment', row->>'executionId',
        to_timestamp((fact->>1)::double precision / 1000), row->>'workflowSlug', row->>'workflowVersion', row->>'mode',
        coalesce(fact->>7, ''), coalesce(fact->>8, ''), coalesce(fact->>9, ''), coalesce(fact->>10, ''),
        coalesce((fact->>2)::bigint, 0), coalesce((fact->>3)::bigint, 0), coalesce((fact->>4)::bigint, 0),
        coalesce((fact->>5)::bigint, 0), coalesce((fact->>6)::bigint, 0)
      FROM page, jsonb_array_elements(row->'facts') AS fact
      ORDER BY 1
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    ),
    summed AS (${addToRollups(sql`recorded`)} RETURNING 1)
    SELECT count(*) AS traces FROM traced
  `;
}

/** Adds records that were just inserted (a CTE) to their sums. */
export function addToRollups(recorded: ReturnType<typeof sql>) {
  return sql`
    INSERT INTO usage_rollups (
      tenant_id, environment, granularity, period, workflow_slug, connector, step_kind, mode, outcome, kind,
      executions, step_runs, compute_ms, egress_bytes, ai_tokens
    )
    SELECT
      tenant_id, environment, granularity, date_trunc(granularity, at, 'UTC'), workflow_slug, connector, step_kind, mode,
      outcome, kind, sum(executions), sum(step_runs), sum(compute_ms), sum(egress_bytes), sum(ai_tokens)
    FROM ${recorded}, (VALUES ('day'), ('hour')) AS every (granularity)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    ON CONFLICT (tenant_id, environment, granularity, period, workflow_slug, connector, step_kind, mode, outcome, kind)
    DO UPDATE SET
      executions = usage_rollups.executions + excluded.executions,
      step_runs = usage_rollups.step_runs + excluded.step_runs,
      compute_ms = usage_rollups.compute_ms + excluded.compute_ms,
      egress_bytes = usage_rollups.egress_bytes + excluded.egress_bytes,
      ai_tokens = usage_rollups.ai_tokens + excluded.ai_tokens`;
}

/** Number of the first bound that is not passed. */
function bucketOf(column: string) {
  const bounds = DURATION_BOUNDS_S.map((bound) => bound.toString()).join(", ");
  return sql.raw(
    `(SELECT count(*) FROM unnest(ARRAY[${bounds}]::double precision[]) AS bound WHERE bound < ${column})::integer`,
  );
}
