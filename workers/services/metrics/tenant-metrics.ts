import { type SQL, sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import { runOutcomes } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onServices } from "../object-calls.ts";
import { durationHistogram } from "./duration-histogram.ts";
import type { MetricFamily, Sample } from "./prometheus-text.ts";

interface Row extends Record<string, unknown> {
  [column: string]: string | number | null;
}

const ERROR_WINDOW = "1 hour";

/**
 * What a tenant's metrics are, from the sums and the read model. Counters only grow: they are sums of records (corrections left
 * out) and of executions that ended. Gauges say how it is now.
 */
export async function tenantMetrics(ports: Ports, owner: Owner, asOf: number): Promise<MetricFamily[]> {
  const mine = sql`tenant_id = ${owner.tenantId} AND environment = ${owner.environment}`;
  const rowsOf = async (query: SQL): Promise<Row[]> => (await ports.database.execute<Row>(query)).rows;
  const [late, started, attempts, ended, unfinished, errors] = await Promise.all([
    onServices(ports, owner, (services) => services.lateReports()),
    rowsOf(sql`SELECT workflow_slug AS workflow, mode, sum(executions) AS started FROM usage_rollups
      WHERE ${mine} AND granularity = 'day' AND kind = 'usage' AND connector = '' AND step_kind = '' GROUP BY 1, 2 ORDER BY 1, 2`),
    rowsOf(sql`SELECT connector, step_kind, outcome, sum(step_runs) AS step_runs, sum(compute_ms) AS compute_ms,
      sum(egress_bytes) AS egress_bytes, sum(ai_tokens) AS ai_tokens FROM usage_rollups
      WHERE ${mine} AND granularity = 'day' AND kind = 'usage' AND step_kind <> '' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`),
    rowsOf(sql`SELECT workflow_slug AS workflow, status, bucket, sum(runs) AS runs, sum(seconds) AS seconds FROM ${runOutcomes}
      WHERE ${mine} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`),
    rowsOf(sql`SELECT workflow_slug AS workflow, status, count(*) AS executions FROM executions
      WHERE ${mine} AND finished_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2`),
    rowsOf(sql`SELECT workflow_slug AS workflow,
      count(*) FILTER (WHERE status IN ('failed', 'timed_out'))::double precision / count(*) AS ratio FROM executions
      WHERE ${mine} AND created_at > ${new Date(asOf).toISOString()}::timestamptz - ${ERROR_WINDOW}::interval
        AND finished_at IS NOT NULL GROUP BY 1 ORDER BY 1`),
  ]);
  const counted = ended.map((row) => ({
    labels: { workflow: text(row.workflow), status: text(row.status) },
    bucket: Number(row.bucket),
    runs: Number(row.runs),
    seconds: Number(row.seconds),
  }));
  const durations = durationHistogram(counted);
  const byAttempt = (meter: string, factor = 1): Sample[] =>
    attempts.map((row) => ({
      labels: labels(row, "connector", "step_kind", "outcome"),
      value: Number(row[meter]) * factor,
    }));
  return [
    counter("executions_started", "Executions that began.", samples(started, "started", "workflow", "mode")),
    counter(
      "executions_finished",
      "Executions that ended, by how they did.",
      durations
        .filter(({ suffix }) => suffix === "_count")
        .map(({ labels: which, value }) => ({ labels: which, value })),
    ),
    {
      name: "smartify_execution_duration_seconds",
      help: "From the begin of an execution to its end.",
      type: "histogram",
      samples: durations,
    },
    counter("step_runs", "Attempts that reached a plugin, by how they ended.", byAttempt("step_runs")),
    counter("compute_seconds", "Compute time of those attempts.", byAttempt("compute_ms", 0.001)),
    counter("egress_bytes", "Bytes that those attempts sent.", byAttempt("egress_bytes")),
    counter("ai_tokens", "Tokens that those attempts reported.", byAttempt("ai_tokens")),
    gauge(
      "executions_unfinished",
      "Executions that have not ended; those that are pending are queued.",
      samples(unfinished, "executions", "workflow", "status"),
    ),
    gauge(
      "execution_error_ratio",
      "Share of failed and timed out executions among those that began in the last hour and ended.",
      samples(errors, "ratio", "workflow"),
    ),
    counter("task_reports_late", "What services said of tasks that were over: duplicates, or too late.", [
      { value: late },
    ]),
    gauge("as_of_seconds", "Time up to which all this is counted, since the epoch.", [{ value: asOf / 1000 }]),
  ];
}

function counter(name: string, help: string, of: Sample[]): MetricFamily {
  return { name: `smartify_${name}_total`, help, type: "counter", samples: of };
}

function gauge(name: string, help: string, of: Sample[]): MetricFamily {
  return { name: `smartify_${name}`, help, type: "gauge", samples: of };
}

function samples(rows: readonly Row[], value: string, ...names: string[]): Sample[] {
  return rows.map((row) => ({ labels: labels(row, ...names), value: Number(row[value]) }));
}

function labels(row: Row, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, text(row[name])]));
}

function text(value: string | number | null | undefined): string {
  return String(value ?? "");
}
