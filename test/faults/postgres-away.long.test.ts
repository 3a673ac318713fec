import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { LossyWire } from "./lossy-wire.ts";

/*
 * Postgres is away for minutes (F21): refused, silent and refused again. Executions start, run, wait, are steered and end, their webhooks go, also
 * after a kill -9 of the platform; when it is back, lists, usage and the audit log have all of it.
 * `POSTGRES_DOWN_MINUTES=3 npm run test:faults -- test/faults/postgres-away.long.test.ts` takes its time; CI a third of a minute.
 */

const DOWN_MS = Number(process.env.POSTGRES_DOWN_MINUTES ?? 1 / 3) * 60_000;
/** Between two starts. */
const EVERY_MS = 250;

const WORKFLOWS = `
workflows:
  - name: Plain
    steps:
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
      - {id: b, connector: calculator, action: multiply, input: {a: 2, b: 3}}
  - name: Loop
    steps:
      - {id: each, connector: calculator, action: add, for_each: [1, 2, 3, 4, 5], input: {a: "{{ item }}", b: 1}}
  - name: Gated
    steps:
      - {id: gate, type: wait, until: {event: go}}
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
  - name: Failing
    steps:
      - {id: divide, connector: calculator, action: divide, input: {a: 1, b: 0}}
  - name: Parent
    steps:
      - {id: child, workflow: Loop}
  - name: Napping
    steps:
      - {id: nap, type: wait, duration: 2s}
      - {id: a, connector: calculator, action: add, input: {a: 1, b: 1}}
`;
const NAMES = ["plain", "loop", "gated", "failing", "parent", "napping", "canceled"];
/** Step runs of each when it has ended. */
const STEP_RUNS: Readonly<Record<string, number>> = {
  plain: 2,
  loop: 5,
  gated: 1,
  failing: 1,
  parent: 5,
  napping: 1,
  canceled: 0,
};

let wire: LossyWire;
let hooks: HookReceiver;
let platform: Platform;
let key: string;
let tenantId: string;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-away-"));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Answers that were none, by status and path. */
const failures = new Map<string, number>();

async function boot(): Promise<void> {
  platform = await startPlatform({
    dataDir,
    services: false,
    hosts: { "hooks.test": hooks.address },
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
    signal: AbortSignal.timeout(90_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  const parsed: any = JSON.parse(await response.text());
  return { status: response.status, body: parsed };
}

/** Repeats until there is an answer; what was none counts. */
async function insist(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  for (const until = Date.now() + 120_000; ; ) {
    const answer = await send(method, path, body, headers).catch((error: unknown) => ({
      status: 0,
      body: String(error),
    }));
    if (answer.status > 0 && answer.status < 500 && answer.status !== 429) return answer;
    const what = `${answer.status} ${path.replace(/exec_\w+/, "…")} ${JSON.stringify(answer.body).slice(0, 120)}`;
    failures.set(what, (failures.get(what) ?? 0) + 1);
    if (Date.now() > until)
      throw new Error(`no answer to ${method} ${path} for two minutes: ${JSON.stringify(answer.body)}`);
    await sleep(200);
  }
}

beforeAll(async () => {
  wire = await LossyWire.open();
  hooks = await HookReceiver.start();
  await boot();
  const made = await createTenant(dataDir, platform.url, "Away");
  [key, tenantId] = [String(made.api_key), String(made.tenant_id)];
  expect((await send("POST", "/workflows", WORKFLOWS)).status).toBe(201);
  const endpoint = { url: "https://hooks.test/ends", event_types: ["workflow.completed", "workflow.canceled"] };
  expect((await send("POST", "/webhooks/endpoints", endpoint)).status).toBe(201);
}, 120_000);

afterAll(async () => {
  await platform?.kill();
  wire?.close();
  hooks?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(n: number): Promise<string> {
  const name = NAMES[n % NAMES.length];
  const workflow = name === "canceled" ? "gated" : name;
  const execution_mode = n % 40 === 39 ? "isolated" : "async";
  const once = { "idempotency-key": `run-${n}` };
  const answer = await insist("POST", "/workflows/executions", { workflow, execution_mode }, once);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  const id = String(answer.body.execution_id);
  const acts = `/workflows/executions/${id}`;
  // What has come before its wait is kept.
  if (name === "gated") {
    expect((await insist("POST", `${acts}/pause`, {}, { "idempotency-key": "p" })).status).toBe(200);
    expect((await insist("POST", `${acts}/events`, { name: "go" }, { "idempotency-key": "e" })).status).toBe(202);
    expect((await insist("POST", `${acts}/resume`, {}, { "idempotency-key": "r" })).status).toBe(200);
  }
  if (name === "canceled")
    expect((await insist("POST", `${acts}/cancel`, {}, { "idempotency-key": "c" })).status).toBe(200);
  return id;
}

async function finished(id: string): Promise<ExecutionRecord> {
  for (;;) {
    const { body } = await insist("GET", `/workflows/executions/${id}?wait=5`);
    if (body.finished_at !== null) return body;
  }
}

async function listed(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let cursor = ""; ; ) {
    const { status, body } = await send("GET", `/workflows/executions?limit=100${cursor}`);
    if (status !== 200) return found;
    for (const row of body.data) found.set(row.execution_id, row.status);
    if (!body.next_cursor) return found;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}

async function audit(): Promise<{ status: number | null; output: string }> {
  const script = join(import.meta.dirname, "../../scripts/usage.ts");
  const child = spawn(process.execPath, ["--experimental-strip-types", script, "audit", "--tenant", tenantId], {
    env: { ...process.env, SMARTIFY_URL: platform.url, BOOTSTRAP_TOKEN: platform.bootstrapToken },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output };
}

/** One more way of being away in each third of the time. */
const MANNERS = ["refuses", "is silent", "refuses"] as const;

test(
  `Postgres is away for ${Math.round(DOWN_MS / 1000)} s: what starts, runs, waits, is steered and ends meanwhile is all there afterwards`,
  async () => {
    const before = await Promise.all(NAMES.map((_, n) => start(n)));
    for (const id of before) await finished(id);
    const held = await insist("POST", "/workflows/executions", { workflow: "gated" });
    const ids: string[] = [];
    let n = NAMES.length;
    const began = Date.now();
    const passed = () => (Date.now() - began) / DOWN_MS;
    wire.becomes("refuses");
    const refusals = new Set<number>();
    const pending: Promise<unknown>[] = [];
    while (passed() < 1) {
      pending.push(start(n++).then((id) => ids.push(id)));
      const manner = MANNERS[Math.floor(passed() * MANNERS.length)] ?? "refuses";
      if (wire.away !== manner) wire.becomes(manner);
      if (n % 20 === 0) pending.push(send("GET", "/workflows/executions").then(({ status }) => refusals.add(status)));
      await sleep(EVERY_MS);
    }
    await Promise.all(pending);
    expect([...refusals]).toEqual([503]);
    expect((await send("GET", "/healthz")).body.status).toBe("degraded");
    expect([...failures.entries()], "answers that were none").toEqual([]);

    // Whoever was killed meanwhile knows keys and executions, from their objects; what is published it does not: it says so, and takes no key.
    await platform.kill();
    await boot();
    const once = { "idempotency-key": "cold" };
    const cold = await send("POST", "/workflows/executions", { workflow: "plain" }, once);
    expect(cold).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    ids.push(String(held.body.execution_id));
    expect(
      (await insist("POST", `/workflows/executions/${held.body.execution_id}/events`, { name: "go" })).status,
    ).toBe(202);
    const records: ExecutionRecord[] = [];
    for (const id of ids) records.push(await finished(id));
    const told = () => ids.filter((id) => hooks.endsOf(id).length > 0).length;
    const tellable = records.filter(({ status }) => status !== "failed").length;
    await expect.poll(told, { timeout: 120_000, interval: 200 }).toBe(tellable);
    const awayMs = Date.now() - began;

    wire.becomes(undefined);
    const back = Date.now();
    const wrong = async () => {
      const rows = await listed();
      return records.filter(({ execution_id, status }) => rows.get(execution_id) !== status).length;
    };
    await expect.poll(wrong, { timeout: 240_000, interval: 500 }).toBe(0);
    const listedMs = Date.now() - back;
    const warm = await insist("POST", "/workflows/executions", { workflow: "plain" }, once);
    expect(warm.status).toBe(202);
    await finished(String(warm.body.execution_id));

    const kinds = [...Array.from({ length: n }, (_, index) => NAMES[index % NAMES.length] ?? ""), "gated", "plain"];
    const many = (kind: string) => kinds.filter((it) => it === kind).length;
    const executions = kinds.length + many("parent");
    await expect
      .poll(async () => (await audit()).output, { timeout: 120_000, interval: 1_000 })
      .toContain(`${executions} executions`);
    const audited = await audit();
    expect(audited.status, audited.output).toBe(0);
    const { data } = (await insist("GET", "/usage?granularity=total")).body;
    const stepRuns = kinds.reduce((sum, kind) => sum + (STEP_RUNS[kind] ?? 0), 0);
    expect(data[0]).toMatchObject({ executions, step_runs: stepRuns });
    await expect
      .poll(() => auditEntries("execution.canceled"), { timeout: 120_000, interval: 500 })
      .toBe(many("canceled"));
    await expect
      .poll(() => auditEntries("execution.paused"), { timeout: 120_000, interval: 500 })
      .toBe(many("gated") - 1);
    // A receiver may hear it twice after a kill, with one id and one body.
    expect(hooks.wrong).toEqual([]);
    for (const { execution_id, status } of records)
      expect(hooks.endsOf(execution_id).length, status).toBe(status === "failed" ? 0 : 1);
    console.log(
      `Postgres was away for ${Math.round(awayMs / 1000)} s, and the platform killed: ${ids.length} executions began and ended, ` +
        `${tellable} ends were told (${hooks.repeated} twice); ${listedMs} ms after it was back all were listed; ${audited.output.trim()}`,
    );
  },
  DOWN_MS * 2 + 840_000,
);

/** Entries of the audit log. */
async function auditEntries(action: string): Promise<number> {
  let count = 0;
  for (let cursor = ""; ; ) {
    const { body } = await send("GET", `/audit?action=${action}&limit=100${cursor}`);
    count += body.data.length;
    if (!body.next_cursor) return count;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}
