import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NeonFront, startNeonFront } from "../../scripts/neon/front.ts";
import { askPostgres as query } from "./ask-postgres.ts";
import { migrate } from "../../scripts/platform/migrate.ts";
import { connectDatabase } from "../../workers/database/client.ts";
import { executions } from "../../workers/database/tables.ts";
import type { Ports } from "../../workers/services/context.ts";
import { executionFilter } from "../../workers/services/executions/execution-filter.ts";
import { NEWEST_FIRST } from "../../workers/services/executions/newest-first.ts";
import { projectPage } from "../../workers/services/executions/project-page.ts";
import { removeProjected } from "../../workers/services/executions/remove-projected.ts";

/* A page of the outbox that the queue has in hand while its execution is purged. The races need the PostgreSQL of TEST_POSTGRES_URL. */

const FOLDER = join(import.meta.dirname, "../../migrations");
const SERVER = process.env.TEST_POSTGRES_URL;
const AT = Date.UTC(2026, 10, 20, 12);
const OWNER = { tenantId: "ten_a", environment: "live" } as const;
const TABLES = ["executions", "telemetry_jobs", "run_outcomes", "usage_records", "usage_rollups", "audit"] as const;

/** An execution that has ended, with one step run, as the outbox says it. */
function row(executionId: string, change: number): string {
  return JSON.stringify({
    executionId,
    ...OWNER,
    change,
    status: "failed",
    workflowSlug: "w",
    workflowName: "W",
    workflowVersion: "1.0.0",
    mode: "async",
    createdAt: AT,
    startedAt: AT,
    finishedAt: AT + 500,
    error: { code: "BACKEND_ERROR", message: "the content" },
    usage: { step_runs: 1, compute_ms: 1, egress_bytes: 0 },
    runAttempt: 1,
    facts: [[3, AT + 3, 1, 1, 1, 0, 0, "community/calculator", "add", "action", "completed"]],
    acts: [],
  });
}

const PURGED = row("exec_purged", 7);
const OTHER = row("exec_other", 8);

async function portsOf(front: NeonFront): Promise<Ports> {
  await migrate(FOLDER, { neonPort: front.port });
  const database = connectDatabase("postgres://smartify:smartify@localhost/smartify", `127.0.0.1:${front.port}`);
  return { database, now: () => AT } as unknown as Ports;
}

async function counted({ database }: Ports): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const table of TABLES)
    found[table] = Number((await database.execute(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);
  const sums =
    "SELECT sum(runs)::int AS runs, (SELECT sum(step_runs)::int FROM usage_rollups) AS steps FROM run_outcomes";
  return { ...found, ...(await database.execute(sums)).rows[0] };
}

const REMOVED = { coordinator_rows: 3, objects: 1, webhook_rows: 0, cached_outputs: 0 };
const ONCE = { telemetry_jobs: 0, run_outcomes: 1, usage_records: 1, usage_rollups: 2, audit: 1, runs: 1, steps: 2 };

test("a page that comes after its execution was purged puts no row back, and counts nothing again", async () => {
  const front = await startNeonFront({ dataDir: null, port: 0 });
  try {
    const ports = await portsOf(front);
    await projectPage(ports, OWNER, [PURGED]);
    expect(await counted(ports)).toEqual({ ...ONCE, executions: 1, audit: 0 });
    await removeProjected(ports, OWNER, ["exec_purged"], "key_purger", REMOVED);
    expect((await ports.database.execute("SELECT details FROM audit")).rows).toEqual([
      { details: { executions: ["exec_purged"], removed: { ...REMOVED, list_rows: 1, traces: 0 } } },
    ]);
    expect(await counted(ports)).toEqual({ ...ONCE, executions: 0 });
    await projectPage(ports, OWNER, [PURGED, OTHER]);
    expect(await counted(ports)).toMatchObject({ executions: 1, run_outcomes: 1, runs: 2, usage_records: 2, audit: 1 });
    const left = await ports.database.execute("SELECT execution_id FROM executions");
    expect(left.rows).toEqual([{ execution_id: "exec_other" }]);
    // Its usage, should that have come with no page before, is taken from a late one.
    await ports.database.execute("DELETE FROM usage_records WHERE execution_id = 'exec_purged'");
    await projectPage(ports, OWNER, [PURGED]);
    expect(await counted(ports)).toMatchObject({ executions: 1, runs: 2, usage_records: 2 });
  } finally {
    await front.close();
  }
}, 60_000);

test("a page of a list is read off the index, however many executions there are", async () => {
  const front = await startNeonFront({ dataDir: null, port: 0 });
  try {
    const { database } = await portsOf(front);
    await database.execute(`INSERT INTO executions (execution_id, tenant_id, environment, change, status, workflow_slug, workflow_name,
      workflow_version, mode, created_at, usage, run_attempt) SELECT 'exec_' || n, 'ten_a', 'live', n, 'completed', 'w', 'W', '1', 'async',
      now() - n * interval '1 s', '{}', 1 FROM generate_series(1, 5000) AS n`);
    await database.execute("ANALYZE executions");
    const asked = database
      .select()
      .from(executions)
      .where(executionFilter(OWNER, {}))
      .orderBy(...NEWEST_FIRST);
    const page = asked.limit(21).toSQL();
    const literal = (nth: string) =>
      typeof page.params[Number(nth) - 1] === "number" ? "21" : `'${page.params[Number(nth) - 1]}'`;
    const query = page.sql.replaceAll(/\$(\d+)/g, (_, nth: string) => literal(nth));
    const plan = JSON.stringify((await database.execute(`EXPLAIN ${query}`)).rows);
    expect(plan).toContain("Index Scan using executions_created");
    expect(plan).not.toContain("Sort");
  } finally {
    await front.close();
  }
}, 60_000);

if (SERVER === undefined)
  process.stdout.write(
    "No PostgreSQL server is given (TEST_POSTGRES_URL): the races of late projections are not run.\n",
  );

describe.skipIf(SERVER === undefined)("on PostgreSQL, at the same moment", () => {
  const name = `late_${randomBytes(6).toString("hex")}`;
  const server = SERVER ?? "postgres://nowhere";
  const url = new URL(`/${name}`, server).href;
  let front: NeonFront;
  let ports: Ports;

  beforeAll(async () => {
    await query(server, `create database ${name}`);
    front = await startNeonFront({ dataDir: null, postgresUrl: url, port: 0 });
    ports = await portsOf(front);
  }, 60_000);
  afterAll(async () => {
    await front?.close();
    await query(server, `drop database if exists ${name} with (force)`);
  });

  test("400 purges, each with a page that is projected meanwhile: none leaves a row", async () => {
    for (let round = 0; round < 20; round += 1) {
      const ids = Array.from({ length: 20 }, (_, n) => `exec_${round}_${n}`);
      const pages = ids.map((id, n) => [row(id, round * 100 + n)]);
      await Promise.all(
        ids.flatMap((id, n) => [
          projectPage(ports, OWNER, pages[n] ?? []),
          removeProjected(ports, OWNER, [id], "key_purger", REMOVED),
          projectPage(ports, OWNER, pages[n] ?? []),
        ]),
      );
    }
    expect((await ports.database.execute("SELECT execution_id FROM executions")).rows).toEqual([]);
    expect((await ports.database.execute("SELECT count(*)::int AS n FROM usage_records")).rows).toEqual([{ n: 400 }]);
  }, 60_000);
});
