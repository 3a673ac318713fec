import { type SQL, sql } from "drizzle-orm";
import type { UsageAnswer, UsageQuery, UsageRow } from "../../../contracts/api/usage.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { usageRecords, usageRollups } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { catchUp } from "../executions/catch-up.ts";
import { METERS } from "./usage-difference.ts";
import { usageRange } from "./usage-range.ts";
import { type UsageSegment, usageSegments } from "./usage-segments.ts";

const MOST_ROWS = 10_000;

const GROUP_COLUMN = {
  none: sql`''`,
  workflow: sql`workflow_slug`,
  connector: sql`connector`,
  step_kind: sql`step_kind`,
  mode: sql`mode`,
  outcome: sql`outcome`,
} as const satisfies Record<UsageQuery["group_by"], SQL>;

interface StoredRow extends Record<string, unknown> {
  period: string;
  group: string;
}

/** Sums of a tenant's usage in its key's environment: from the read model, after it has been brought up to date. */
export async function getUsage(context: Context, query: UsageQuery): Promise<Result<UsageAnswer>> {
  const { ports, caller } = context;
  const range = usageRange(query, ports.now());
  if (!range.ok) return range;
  const { from, to } = range.value;
  const asOf = await catchUp(context, { usage: true });
  const group = GROUP_COLUMN[query.group_by];
  const parts = usageSegments(range.value, query.granularity === "hour").map(({ source, from: first, to: end }) => {
    const bounds = [new Date(first).toISOString(), new Date(end).toISOString()] as const;
    return source === "record"
      ? sql`SELECT at, ${group} AS grouped, executions, step_runs, compute_ms, egress_bytes, ai_tokens FROM ${usageRecords}
          WHERE tenant_id = ${caller.tenantId} AND environment = ${caller.environment}
            AND at >= ${bounds[0]}::timestamptz AND at < ${bounds[1]}::timestamptz`
      : sql`SELECT period AS at, ${group} AS grouped, executions, step_runs, compute_ms, egress_bytes, ai_tokens FROM ${usageRollups}
          WHERE tenant_id = ${caller.tenantId} AND environment = ${caller.environment} AND granularity = ${source satisfies UsageSegment["source"]}
            AND period >= ${bounds[0]}::timestamptz AND period < ${bounds[1]}::timestamptz`;
  });
  const period =
    query.granularity === "total"
      ? sql`${new Date(from).toISOString()}::timestamptz`
      : sql`date_trunc(${query.granularity}, at, 'UTC')`;
  const { rows } = await ports.database.execute<StoredRow>(sql`
    SELECT to_char(${period} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS period, grouped AS group,
      sum(executions) AS executions, sum(step_runs) AS step_runs, sum(compute_ms) AS compute_ms,
      sum(egress_bytes) AS egress_bytes, sum(ai_tokens) AS ai_tokens
    FROM (${sql.join(parts, sql` UNION ALL `)}) AS used
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${MOST_ROWS + 1}
  `);
  if (rows.length > MOST_ROWS) {
    const message = `"granularity" makes more than ${MOST_ROWS} rows of this range: choose a coarser one or a shorter range.`;
    return validationFailure([{ path: "/granularity", message }]);
  }
  const data = rows.map(usageRow);
  return success({
    data,
    total: totalOf(data),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    as_of: new Date(asOf).toISOString(),
  });
}

function usageRow(row: StoredRow): UsageRow {
  return { period: row.period, group: row.group === "" ? null : row.group, ...amounts((meter) => Number(row[meter])) };
}

function totalOf(rows: readonly UsageRow[]): UsageAnswer["total"] {
  return amounts((meter) => rows.reduce((sum, row) => sum + row[meter], 0));
}

function amounts(of: (meter: (typeof METERS)[number]) => number): UsageAnswer["total"] {
  const [executions, step_runs, compute_ms, egress_bytes, ai_tokens] = METERS.map(of) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { executions, step_runs, compute_ms, egress_bytes, ai_tokens };
}
