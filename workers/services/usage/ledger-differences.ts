import { sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import type { UsageDifference } from "./usage-difference.ts";

/** Differences that are listed: where there are more, something is wrong altogether. */
const MOST = 100;

interface RollupRow extends Record<string, unknown> {
  granularity: string;
  period: string;
  dimensions: string;
  summed: string;
  recorded: string;
}

/** Where sums are not those of their records, or records say something else of an execution than the read model. */
export async function ledgerDifferences(ports: Ports, owner: Owner, since: Date): Promise<UsageDifference[]> {
  const { tenantId, environment } = owner;
  const from = since.toISOString();
  const rollups = await ports.database.execute<RollupRow>(sql`
    WITH summed AS (
      SELECT granularity, period, concat_ws(' | ', workflow_slug, connector, step_kind, mode, outcome, kind) AS dimensions,
        concat_ws(' ', executions, step_runs, compute_ms, egress_bytes, ai_tokens) AS meters
      FROM usage_rollups
      WHERE tenant_id = ${tenantId} AND environment = ${environment} AND period >= date_trunc('day', ${from}::timestamptz, 'UTC')
    ),
    recorded AS (
      SELECT granularity, date_trunc(granularity, at, 'UTC') AS period,
        concat_ws(' | ', workflow_slug, connector, step_kind, mode, outcome, kind) AS dimensions,
        concat_ws(' ', sum(executions), sum(step_runs), sum(compute_ms), sum(egress_bytes), sum(ai_tokens)) AS meters
      FROM usage_records, (VALUES ('day'), ('hour')) AS every (granularity)
      WHERE tenant_id = ${tenantId} AND environment = ${environment} AND at >= date_trunc('day', ${from}::timestamptz, 'UTC')
      GROUP BY 1, 2, 3
    )
    SELECT granularity, period::text, dimensions,
      coalesce(summed.meters, 'nothing') AS summed, coalesce(recorded.meters, 'nothing') AS recorded
    FROM summed FULL JOIN recorded USING (granularity, period, dimensions)
    WHERE summed.meters IS DISTINCT FROM recorded.meters
    ORDER BY 1, 2, 3 LIMIT ${MOST}
  `);
  // Not the version: that of an execution is the one it runs in now, that of a record the one that used something.
  const foreign = await ports.database.execute<{ id: string }>(sql`
    SELECT r.id FROM usage_records AS r LEFT JOIN executions AS e ON e.execution_id = r.execution_id
    WHERE r.tenant_id = ${tenantId} AND r.environment = ${environment} AND r.at >= ${from}::timestamptz
      AND (e.tenant_id, e.environment, e.workflow_slug, e.mode)
        IS DISTINCT FROM (r.tenant_id, r.environment, r.workflow_slug, r.mode)
      AND NOT EXISTS (SELECT 1 FROM audit WHERE id = 'aud_' || r.execution_id || ':purged')
    LIMIT ${MOST}
  `);
  return [
    ...rollups.rows.map((row) => ({ kind: "rollup" as const, ...row })),
    ...foreign.rows.map(({ id }) => ({ kind: "foreign_record" as const, record: id })),
  ];
}
