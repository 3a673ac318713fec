import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { SCOPES } from "../../contracts/scopes.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";

/* Usage as a tenant sees it: what `/usage` says is what the executions' own records say. */

const WORKFLOWS = `
workflows:
  - name: Sums
    steps:
      - {id: each, connector: calculator, action: add, for_each: [1, 2, 3], input: {a: "{{ item }}", b: 1}}
      - {id: told, type: transform, language: template, expression: "{{ steps.each.output | length }}"}
  - name: Breaks
    steps:
      - {id: divide, connector: calculator, action: divide, input: {a: 1, b: 0}}
  - name: Keeps
    steps:
      - {id: cached, connector: calculator, action: add, input: {a: 2, b: 2}, cache: {ttl: 1h}}
  - name: Calls
    steps:
      - {id: child, workflow: Sums}
  - name: Later
    steps:
      - {id: one, connector: calculator, action: add, input: {a: 1, b: 1}}
      - {id: nap, type: wait, duration: 1h}
`;

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

interface Usage {
  data: { period: string; group: string | null; executions: number; step_runs: number; compute_ms: number }[];
  total: Record<string, number>;
  as_of: string;
}

beforeAll(async () => {
  platform = await startTestPlatform();
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  const published = await call(key, "POST", "/workflows", { raw: WORKFLOWS, type: YAML });
  expect(published, published.text).toMatchObject({ status: 201 });
});
afterAll(() => platform?.close());

async function run(workflow: string, mode = "sync"): Promise<ExecutionRecord> {
  const body = { workflow, execution_mode: mode };
  const answer = await call(key, "POST", "/workflows/executions", { body });
  if (answer.status === 200) return JSON.parse(answer.text);
  expect(answer, answer.text).toMatchObject({ status: 202 });
  const ended = await call(key, "GET", `${String(answer.body.poll_url)}?wait=20`);
  return JSON.parse(ended.text);
}

/** One that waits for an hour. */
async function start(workflow: string): Promise<ExecutionRecord> {
  const answer = await call(key, "POST", "/workflows/executions", { body: { workflow } });
  for (;;) {
    const record: ExecutionRecord = JSON.parse((await call(key, "GET", String(answer.body.poll_url))).text);
    if (record.status === "waiting") return record;
  }
}

async function usage(query = "", as = key): Promise<Usage> {
  const answer = await call(as, "GET", `/usage${query}`);
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return JSON.parse(answer.text);
}

/** After what a read within the last second may have left. */
async function freshUsage(query = "", as = key): Promise<Usage> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  return usage(query, as);
}

function npmUsage(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--experimental-strip-types", join(import.meta.dirname, "../../scripts/usage.ts"), ...args],
    {
      encoding: "utf8",
      env: { ...process.env, SMARTIFY_URL: platform.url, BOOTSTRAP_TOKEN: platform.platform.bootstrapToken },
    },
  );
  return { status, output: stdout + stderr };
}

test("what executions used is what /usage says, by workflow, connector, kind, mode and outcome", async () => {
  const records: ExecutionRecord[] = [];
  for (const workflow of ["sums", "breaks", "keeps", "keeps", "calls"]) records.push(await run(workflow));
  records.push(await run("sums", "isolated"), await start("later"));
  const sum = (meter: "step_runs" | "compute_ms" | "egress_bytes") =>
    records.reduce((all, record) => all + record.usage[meter], 0);
  expect(records.map(({ status }) => status)).toEqual([
    "completed",
    "failed",
    "completed",
    "completed",
    "completed",
    "completed",
    "waiting",
  ]);
  // The isolated one's object brings itself.
  await expect.poll(async () => (await usage("?group_by=mode")).data.map(({ group }) => group)).toContain("isolated");
  const all = await freshUsage("?granularity=total");
  // The child of `calls` is an execution of its own, with three step runs that are not its parent's.
  expect(all.total).toMatchObject({ executions: 8, step_runs: sum("step_runs") + 3 });
  expect(all.data).toHaveLength(1);
  const workflows = await usage("?group_by=workflow&granularity=total");
  expect(
    Object.fromEntries(workflows.data.map(({ group, executions, step_runs }) => [group, [executions, step_runs]])),
  ).toEqual({
    breaks: [1, 1],
    calls: [1, 0],
    keeps: [2, 1],
    later: [1, 1],
    sums: [3, 9],
  });
  for (const group of ["connector", "step_kind", "mode", "outcome"]) {
    const grouped = await usage(`?group_by=${group}&granularity=hour`);
    expect(grouped.total, group).toEqual(all.total);
  }
  const connectors = await usage("?group_by=connector");
  expect(connectors.data.map(({ group, executions, step_runs }) => [group, executions, step_runs])).toEqual([
    [null, 8, 0],
    ["community/calculator", 0, 12],
  ]);
});

test("a range is exact whatever its ends, and its parts are the whole", async () => {
  const now = new Date();
  const from = new Date(now.getTime() - 3 * 86_400_000 - 1_234_567).toISOString();
  const to = new Date(now.getTime() + 60_000).toISOString();
  const middle = new Date(now.getTime() - 1_500).toISOString();
  const whole = await freshUsage(`?from=${from}&to=${to}&granularity=total`);
  const left = await usage(`?from=${from}&to=${middle}&granularity=total`);
  const right = await usage(`?from=${middle}&to=${to}&granularity=total`);
  expect(left.total.step_runs ?? 0).toBeGreaterThan(0);
  for (const [meter, amount] of Object.entries(whole.total))
    expect((left.total[meter] ?? 0) + (right.total[meter] ?? 0), meter).toBe(amount);
});

test("usage as a table", async () => {
  const json = await usage("?group_by=workflow");
  const asked = await call(key, "GET", "/usage?group_by=workflow&format=csv");
  expect(asked.headers.get("content-type")).toMatch(/^text\/csv/);
  const [names, ...lines] = asked.text.trimEnd().split("\r\n");
  expect(names).toBe("period,group,executions,step_runs,compute_ms,egress_bytes,ai_tokens");
  expect(lines).toHaveLength(json.data.length);
  expect(lines[0]?.split(",").slice(0, 4)).toEqual([
    json.data[0]?.period,
    json.data[0]?.group,
    String(json.data[0]?.executions),
    String(json.data[0]?.step_runs),
  ]);
  const accepted = await call(key, "GET", "/usage?group_by=workflow", { headers: { accept: "text/csv" } });
  expect(accepted.text).toBe(asked.text);
});

test("tests of workflows and plans are not usage; another tenant and the test environment have their own", async () => {
  const before = await freshUsage();
  const fixture = { fixtures: [{ name: "plain", inputs: {} }] };
  await call(key, "POST", "/workflows/sums/test", { body: fixture });
  await call(key, "POST", "/workflows/validate", { raw: WORKFLOWS, type: YAML });
  expect((await freshUsage()).total).toEqual(before.total);
  // The sums, and what of the range is in no whole hour: up to an hour that does not end while this runs.
  const sums = `?to=${new Date(Math.ceil((Date.now() + 120_000) / 3_600_000) * 3_600_000).toISOString()}`;
  expect((await usage(sums)).total).toEqual(before.total);
  const stranger = await platform.newTenant("stranger");
  for (const range of ["", sums])
    expect((await usage(range, stranger.apiKey)).total).toMatchObject({ executions: 0, step_runs: 0 });
  const made = await call(key, "POST", "/keys", { body: { name: "try", environment: "test" } });
  const testKey = String(made.body.key);
  const ran = await call(testKey, "POST", "/execute", { body: { action: "calculator.add", input: { a: 1, b: 1 } } });
  expect(ran, ran.text).toMatchObject({ status: 200 });
  expect((await freshUsage("", testKey)).total).toMatchObject({ executions: 1, step_runs: 1 });
  expect((await usage(sums, testKey)).total).toMatchObject({ executions: 1, step_runs: 1 });
  for (const range of ["", sums]) expect((await usage(range)).total).toEqual(before.total);
});

test("the audit finds no difference, finds one that is made, and a correction is a further record", async () => {
  const clean = npmUsage("audit", "--tenant", platform.tenant.tenantId);
  expect(clean.output).toContain("9 executions, 13 step runs: 0 differences");
  expect(clean.status).toBe(0);
  const { execution_id } = await run("breaks");
  const before = await freshUsage();
  const add = JSON.stringify({ step_runs: -1, compute_ms: 7 });
  const correct = [
    "correct",
    "--record",
    `${execution_id}:3`,
    "--reason",
    "a test",
    "--actor",
    "ops",
    "--id",
    "cor_one",
    "--add",
  ];
  const made = npmUsage(...correct, add);
  expect(made.output).toContain("cor_one");
  expect(npmUsage(...correct, add).status, "the same again").toBe(0);
  const after = await freshUsage();
  expect(after.total).toEqual({
    ...before.total,
    step_runs: (before.total.step_runs ?? 0) - 1,
    compute_ms: (before.total.compute_ms ?? 0) + 7,
  });
  const tooMuch = npmUsage("correct", "--record", `${execution_id}:3`, "--reason", "x", "--actor", "ops", "--add", add);
  expect(tooMuch.output).toContain("VALIDATION");
  const unknown = npmUsage("correct", "--record", "exec_none:1", "--reason", "x", "--actor", "ops", "--add", add);
  expect(unknown.output).toContain("NOT_FOUND");
  expect(npmUsage("audit", "--tenant", platform.tenant.tenantId).output).toContain(" 0 differences");
});

test("keys that had every scope before there was usage may read it; keys with fewer, and new ones with those, may not", async () => {
  const first = SCOPES.filter((scope) => /^(workflows|executions|connectors|connections|secrets|keys):/.test(scope));
  const made = await call(key, "POST", "/keys", { body: { name: "first of all", scopes: first } });
  const fewer = await call(key, "POST", "/keys", { body: { name: "few", scopes: first.slice(1) } });
  expect((await call(String(made.body.key), "GET", "/usage")).status).toBe(403);
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.platform.databasePort}/sql`;
  const sql = neon("postgres://a:b@c/d");
  const migration = readFileSync(join(import.meta.dirname, "../../migrations/0006_keys_of_every_scope.sql"), "utf8");
  await sql.query(migration);
  const scopesOf = async (id: unknown): Promise<string[]> =>
    (await sql`SELECT scopes FROM api_keys WHERE id = ${String(id)}`)[0]?.scopes ?? [];
  expect((await scopesOf(made.body.id)).toSorted()).toEqual([...SCOPES].toSorted());
  expect(await scopesOf(fewer.body.id)).toEqual(first.slice(1));
});
