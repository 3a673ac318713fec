import { type SQL, sql } from "drizzle-orm";
import type { ExecutionTrace } from "../../../contracts/execution-trace.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { TelemetryAnswer } from "../../../contracts/telemetry.ts";
import type { Ports } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { OTLP_SCOPE, otlpResource } from "./otlp-json.ts";
import { traceSpans } from "./trace-spans.ts";

/** Executions of one round, and of one request. */
const MOST_JOBS = 200;
const MOST_SPANS = 2_000;
/** Who has claimed a job and dies leaves it to the next after so long. */
const CLAIM_S = 60;
/** Pauses after a failure; after the last the trace is given up. */
const BACKOFF_S = [2, 10, 60, 600, 3_600] as const;

interface Job extends Record<string, unknown> {
  execution_id: string;
  tenant_id: string;
  environment: Owner["environment"];
  attempts: number;
  endpoint: string;
  sealed_headers: string | null;
}

/**
 * Sends the traces that are due: claims some, reads each from its execution's log, sends them together, a tenant's failure being
 * its own. What was sent and not noted is sent again as the same spans. Answers how many were claimed.
 */
export async function exportTraces(ports: Ports): Promise<number> {
  const { rows } = await ports.database.execute<Job>(sql`
    WITH claimed AS (
      UPDATE telemetry_jobs SET attempts = attempts + 1, due = now() + ${CLAIM_S} * interval '1 second'
      WHERE (execution_id, run_attempt) IN (
        SELECT execution_id, run_attempt FROM telemetry_jobs WHERE due <= now() ORDER BY due LIMIT ${MOST_JOBS}
        FOR UPDATE SKIP LOCKED
      )
      RETURNING execution_id, tenant_id, environment, attempts
    )
    SELECT claimed.*, endpoint, sealed_headers FROM claimed JOIN telemetry USING (tenant_id, environment) WHERE traces
  `);
  const tenants = new Map<string, Job[]>();
  for (const job of rows) {
    const key = `${job.tenant_id}/${job.environment}`;
    tenants.set(key, [...(tenants.get(key) ?? []), job]);
  }
  await Promise.all([...tenants.values()].map((jobs) => sendOf(ports, jobs)));
  return rows.length;
}

/** One tenant's. */
async function sendOf(ports: Ports, jobs: readonly Job[]): Promise<void> {
  const [first] = jobs;
  if (!first) return;
  const owner: Owner = { tenantId: first.tenant_id, environment: first.environment };
  const traces = await tracesOf(ports, owner, jobs);
  const known = new Set(traces.map(({ executionId }) => executionId));
  await settle(
    ports,
    jobs.filter(({ execution_id }) => !known.has(execution_id)),
    sql`DELETE FROM telemetry_jobs`,
  );
  for (const batch of batches(traces)) {
    const body = JSON.stringify({
      resourceSpans: [
        { resource: otlpResource(owner), scopeSpans: [{ scope: OTLP_SCOPE, spans: batch.flatMap(traceSpans) }] },
      ],
    });
    const { sealed_headers: sealedHeaders, endpoint } = first;
    const answer = await ports.collector.sendTelemetry({ ...owner, url: `${endpoint}/v1/traces`, sealedHeaders, body });
    const ids = new Set(batch.map(({ executionId }) => executionId));
    await noted(
      ports,
      owner,
      jobs.filter(({ execution_id }) => ids.has(execution_id)),
      answer,
    );
  }
}

async function tracesOf(ports: Ports, owner: Owner, jobs: readonly Job[]): Promise<ExecutionTrace[]> {
  const cells = new Map<string, string[]>();
  for (const { execution_id: id } of jobs) {
    const cell = ports.placement.locate(owner, id);
    if (cell !== null) cells.set(cell, [...(cells.get(cell) ?? []), id]);
  }
  const pages = await Promise.all([...cells].map(([cell, ids]) => onCell(ports, cell, (it) => it.traces(ids))));
  return pages.flat();
}

/** Traces that go together; a large one goes alone. */
function batches(traces: readonly ExecutionTrace[]): ExecutionTrace[][] {
  const all: ExecutionTrace[][] = [];
  let left = 0;
  for (const trace of traces) {
    const spans = trace.attempts.length + 1;
    if (left < spans) {
      all.push([]);
      left = MOST_SPANS;
    }
    all.at(-1)?.push(trace);
    left -= spans;
  }
  return all;
}

async function noted(ports: Ports, owner: Owner, jobs: readonly Job[], answer: TelemetryAnswer): Promise<void> {
  const taken = answer.status !== null && answer.status >= 200 && answer.status < 300;
  const again = jobs.filter(({ attempts }) => !taken && answer.retryable && attempts <= BACKOFF_S.length);
  const over = jobs.filter((job) => !again.includes(job));
  for (const attempts of new Set(again.map((job) => job.attempts))) {
    const seconds = Math.max(BACKOFF_S[attempts - 1] ?? 0, Math.min((answer.retryAfterMs ?? 0) / 1_000, 3_600));
    const same = again.filter((job) => job.attempts === attempts);
    await settle(ports, same, sql`UPDATE telemetry_jobs SET due = now() + ${seconds} * interval '1 second'`);
  }
  await settle(ports, over, sql`DELETE FROM telemetry_jobs`);
  await ports.database.execute(sql`
    UPDATE telemetry SET dropped = dropped + ${taken ? 0 : over.length},
      sent_at = CASE WHEN ${taken} THEN now() ELSE sent_at END,
      last_error = ${taken ? null : (answer.message ?? "unknown").slice(0, 500)}::text
    WHERE tenant_id = ${owner.tenantId} AND environment = ${owner.environment}
  `);
}

async function settle(ports: Ports, jobs: readonly Job[], change: SQL): Promise<void> {
  if (jobs.length === 0) return;
  const ids = JSON.stringify(jobs.map(({ execution_id }) => execution_id));
  await ports.database.execute(sql`${change} WHERE execution_id IN (SELECT jsonb_array_elements_text(${ids}::jsonb))`);
}
