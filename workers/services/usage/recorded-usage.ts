import { sql } from "drizzle-orm";
import type { UsageRecord } from "../../../contracts/execution.ts";
import type { Ports } from "../context.ts";

interface Row extends Record<string, unknown> {
  execution_id: string;
  executions: string | null;
  step_runs: string | null;
  compute_ms: string | null;
  egress_bytes: string | null;
  ai_tokens: string | null;
}

/** What was recorded of executions that the read model knows, corrections left out. */
export async function recordedUsage(ports: Ports, ids: readonly string[]): Promise<Map<string, UsageRecord>> {
  const { rows } = await ports.database.execute<Row>(sql`
    SELECT executions.execution_id, sum(r.executions) AS executions, sum(step_runs) AS step_runs,
      sum(compute_ms) AS compute_ms, sum(egress_bytes) AS egress_bytes, sum(ai_tokens) AS ai_tokens
    FROM executions LEFT JOIN usage_records AS r ON r.execution_id = executions.execution_id AND r.kind = 'usage'
    WHERE executions.execution_id IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))
    GROUP BY 1
  `);
  return new Map(
    rows.map((row) => [
      row.execution_id,
      {
        executions: Number(row.executions ?? 0),
        step_runs: Number(row.step_runs ?? 0),
        compute_ms: Number(row.compute_ms ?? 0),
        egress_bytes: Number(row.egress_bytes ?? 0),
        ai_tokens: Number(row.ai_tokens ?? 0),
      },
    ]),
  );
}
