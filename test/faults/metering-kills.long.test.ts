import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { parsePrometheus } from "../api/prometheus-parser.ts";
import { COUNTING_CONNECTOR, CountingService } from "./counting-service.ts";
import { LossyWire } from "./lossy-wire.ts";

/*
 * A mixed load with kill -9 of the whole platform, and a database whose answers get lost: afterwards the audit finds that logs,
 * records and sums say the same, and a service that knows nothing of the platform has seen as many attempts.
 */

const EXECUTIONS = Number(process.env.EXECUTIONS ?? 1_100);
const KILLS = Number(process.env.KILLS ?? 6);
const STARTERS = 40;

const WORKFLOWS = `
workflows:
  - name: Plain
    steps:
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
      - {id: b, connector: calculator, action: multiply, input: {a: 2, b: 3}}
  - name: Loop
    steps:
      - {id: each, connector: calculator, action: add, for_each: [1, 2, 3, 4, 5], input: {a: "{{ item }}", b: 1}}
  - name: Served
    steps:
      - id: one
        connector: connector:community/counting@1.0.0
        action: work
        input: {ms: 300, after: ""}
        retry: {max_attempts: 5, backoff: fixed, initial_delay_ms: 40}
  - name: Retrying
    steps:
      - id: shaky
        connector: connector:community/counting@1.0.0
        action: flaky
        input: {ms: 100, after: ""}
        retry: {max_attempts: 5, backoff: fixed, initial_delay_ms: 200}
  - name: Failing
    steps:
      - {id: divide, connector: calculator, action: divide, input: {a: 1, b: 0}}
  - name: Parent
    steps:
      - {id: child, workflow: Loop}
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
  - name: Napping
    steps:
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
      - {id: nap, type: wait, duration: 2s}
      - {id: b, connector: calculator, action: add, input: {a: 1, b: 1}}
  - name: Transforming
    steps:
      - {id: a, type: transform, language: jq, expression: ".inputs | length"}
`;
const NAMES = ["plain", "loop", "served", "retrying", "failing", "parent", "napping", "transforming"];

let service: CountingService;
let wire: LossyWire;
let platform: Platform;
let key: string;
let tenantId: string;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-metering-"));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function boot(): Promise<void> {
  platform = await startPlatform({
    dataDir,
    services: false,
    hosts: { "counting-service:9000": service.address },
    vars: { NEON_LOCAL: wire.address },
  });
  wire.target = platform.databasePort;
}

async function send(method: string, path: string, body?: string | object, headers: Record<string, string> = {}) {
  const type = typeof body === "string" ? "application/yaml" : "application/json";
  const response = await fetch(platform.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": type }), ...headers },
    body: typeof body === "object" ? JSON.stringify(body) : body,
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, text: await response.text() };
}

beforeAll(async () => {
  service = await CountingService.start();
  wire = await LossyWire.open();
  await boot();
  const made = await createTenant(dataDir, platform.url, "Metered");
  key = String(made.api_key);
  tenantId = String(made.tenant_id);
  expect((await send("POST", "/plugins", COUNTING_CONNECTOR)).status).toBe(201);
  const published = await send("POST", "/workflows", WORKFLOWS);
  expect(published.status, published.text).toBe(201);
});

afterAll(async () => {
  await platform?.kill();
  wire?.close();
  service?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Repeats until it is answered by something that is not the platform's being away. */
async function insist(ask: () => Promise<{ status: number; text: string }>): Promise<{ status: number; text: string }> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer && answer.status < 500 && answer.status !== 409 && answer.status !== 429) return answer;
    await sleep(40);
  }
}

async function start(n: number): Promise<string> {
  const body = { workflow: NAMES[n % NAMES.length], execution_mode: n % 60 === 59 ? "isolated" : "async" };
  const answer = await insist(() => send("POST", "/workflows/executions", body, { "idempotency-key": `run-${n}` }));
  expect(answer.status, answer.text).toBe(202);
  return (JSON.parse(answer.text) as { execution_id: string }).execution_id;
}

async function finished(id: string): Promise<ExecutionRecord> {
  for (;;) {
    const answer = await insist(() => send("GET", `/workflows/executions/${id}?wait=5`));
    const record: ExecutionRecord = JSON.parse(answer.text);
    if (record.finished_at !== null) return record;
  }
}

async function audit(): Promise<{ status: number | null; output: string; found: string[] }> {
  const script = join(import.meta.dirname, "../../scripts/usage.ts");
  const child = spawn(process.execPath, ["--experimental-strip-types", script, "audit", "--tenant", tenantId], {
    env: { ...process.env, SMARTIFY_URL: platform.url, BOOTSTRAP_TOKEN: platform.bootstrapToken },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output, found: [...output.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind ?? "") };
}

test(`${EXECUTIONS} mixed executions, ${KILLS} kills, answers lost: logs, records and sums say the same`, async () => {
  wire.losesPercent = 10;
  const ids: string[] = [];
  let next = 0;
  let killing = true;
  const starters = Array.from({ length: STARTERS }, async () => {
    for (let n = next++; n < EXECUTIONS; n = next++) {
      ids.push(await start(n));
      // Spread over the kills, so that each finds work in flight.
      while (killing && ids.length > ((kills + 1) / KILLS) * EXECUTIONS) await sleep(10);
    }
  });
  let kills = 0;
  while (kills < KILLS) {
    const wanted = ((kills + Math.random() * 0.8) / KILLS) * EXECUTIONS;
    while (ids.length < wanted) await sleep(5);
    await sleep(Math.random() * 600);
    wire.target = 0;
    await platform.kill();
    kills += 1;
    await boot();
  }
  killing = false;
  await Promise.all(starters);
  expect(new Set(ids).size).toBe(EXECUTIONS);
  const records: ExecutionRecord[] = [];
  const left = [...ids];
  await Promise.all(
    Array.from({ length: STARTERS }, async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) records.push(await finished(id));
    }),
  );
  const statuses = new Set(records.map(({ status }) => status));
  expect([...statuses].toSorted()).toEqual(["completed", "failed"]);
  expect(wire.lost).toBeGreaterThan(0);
  wire.losesPercent = 0;
  // An isolated execution's object brings itself.
  const isolated = records.filter(({ execution_mode }) => execution_mode === "isolated").length;
  await expect.poll(() => usage("isolated"), { timeout: 120_000, interval: 500 }).toBe(isolated);
  const first = await audit();
  console.log(first.output.trim(), `; ${wire.lost} answers lost`);
  expect(first.found).toEqual([]);
  expect(first.status).toBe(0);
  const children = records.filter(({ workflow }) => workflow.slug === "parent").length;
  expect(first.output).toContain(`${EXECUTIONS + children} executions`);
  const metrics = parsePrometheus((await insist(() => send("GET", "/metrics"))).text).samples;
  const ended = metrics.filter(({ name }) => name === "smartify_executions_finished_total");
  expect(ended.reduce((sum, { value }) => sum + value, 0)).toBe(EXECUTIONS + children);
  const seen = new Set(service.calls.map(({ key: call, attempt }) => `${call}#${attempt}`));
  expect(await usage("community/counting", "connector", "step_runs")).toBe(seen.size);
  expect(service.calls.length, "some calls were repeated after a kill").toBeGreaterThan(seen.size);
}, 600_000);

async function usage(group: string, by = "mode", meter: "executions" | "step_runs" = "executions"): Promise<number> {
  const answer = await insist(() => send("GET", `/usage?group_by=${by}&granularity=total`));
  const { data }: { data: { group: string | null; executions: number; step_runs: number }[] } = JSON.parse(answer.text);
  return data.find((row) => row.group === group)?.[meter] ?? 0;
}

test("the audit finds a lost record, a doubled one, a changed sum and an execution that nobody knows", async () => {
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.databasePort}/sql`;
  const sql = neon("postgres://a:b@c/d");
  const [one, two, three] = (
    await sql`SELECT execution_id AS id FROM executions WHERE status = 'completed' AND mode = 'async' ORDER BY 1 LIMIT 3`
  ).map(({ id }) => String(id));
  const damages: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      "execution",
      () =>
        sql`UPDATE usage_records SET execution_id = 'gone' WHERE id = (SELECT min(id) FROM usage_records WHERE execution_id = ${one})`,
      () => sql`UPDATE usage_records SET execution_id = ${one} WHERE execution_id = 'gone'`,
    ],
    [
      "execution",
      () => sql`INSERT INTO usage_records SELECT id || '0000', kind, tenant_id, environment, execution_id, at, workflow_slug,
        workflow_version, mode, connector, action, step_kind, outcome, executions, step_runs, compute_ms, egress_bytes, ai_tokens
        FROM usage_records WHERE execution_id = ${two}`,
      () => sql`DELETE FROM usage_records WHERE execution_id = ${two} AND id LIKE '%0000'`,
    ],
    [
      "rollup",
      () =>
        sql`UPDATE usage_rollups SET step_runs = step_runs + 1 WHERE granularity = 'day' AND connector = 'community/counting' AND outcome = 'completed'`,
      () =>
        sql`UPDATE usage_rollups SET step_runs = step_runs - 1 WHERE granularity = 'day' AND connector = 'community/counting' AND outcome = 'completed'`,
    ],
    [
      "unknown_to_read_model",
      () => sql`UPDATE executions SET execution_id = 'x' WHERE execution_id = ${three}`,
      () => sql`UPDATE executions SET execution_id = ${three} WHERE execution_id = 'x'`,
    ],
  ];
  for (const [kind, damage, repair] of damages) {
    await damage();
    const found = await audit();
    expect(found.found, kind).toContain(kind);
    expect(found.status, kind).toBe(1);
    await repair();
  }
  expect((await audit()).found).toEqual([]);
}, 300_000);
