import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "../../workers/database/client.ts";
import { type History, verifyHistory } from "../../receipts/verify-history.ts";
import { auditLater } from "../../workers/services/audit-later.ts";
import type { Context, Ports } from "../../workers/services/context.ts";
import { revokeKey } from "../../workers/services/keys/revoke.ts";
import { deleteEnv } from "../../workers/services/settings/env-values.ts";
import { pauseTrigger } from "../../workers/services/triggers/change.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";
import { type ParsedMetrics, parsePrometheus } from "./prometheus-parser.ts";

const WORKFLOWS = `
workflows:
  - name: Adds
    steps:
      - {id: add, connector: calculator, action: add, input: {a: 1, b: 1}}
  - name: Breaks
    steps:
      - {id: divide, connector: calculator, action: divide, input: {a: 1, b: 0}}
  - name: Asks
    steps:
      - {id: agree, type: approval, approvers: [boss], allow_self: true}
      - {id: nap, type: wait, duration: 1h}
`;

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  const published = await call(key, "POST", "/workflows", { raw: WORKFLOWS, type: YAML });
  expect(published, published.text).toMatchObject({ status: 201 });
}, 240_000);
afterAll(() => platform?.close());

/** A context of services in this process, whose objects take everything. */
function contextOn(database: Database, tenantId: string, keyId: string): Context & { tasks: Promise<unknown>[] } {
  const tasks: Promise<unknown>[] = [];
  const tenant = { revokeKey: async () => null, deleteSetting: async () => null, settingState: async () => ({}) };
  const board = { put: async () => null, remove: async () => null, states: async () => ({}) };
  const ports = {
    database,
    now: Date.now,
    random: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    wait: async () => undefined,
    tenant: () => tenant,
    triggers: () => board,
    keys: new Map(),
  };
  return {
    ports: ports as unknown as Ports,
    caller: { keyId, tenantId, environment: "live", scopes: [], roles: [], permissions: [] },
    background: (task) => void tasks.push(task),
    tasks,
  };
}

interface AuditRows {
  data: { id: string; action: string; actor: string; subject: string; at: string }[];
  has_more: boolean;
  next_cursor: string | null;
}

async function audit(query = "", as = key): Promise<AuditRows> {
  const answer = await call(as, "GET", `/audit${query}`);
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return JSON.parse(answer.text);
}

async function metrics(): Promise<ParsedMetrics & { of(name: string, labels?: Record<string, string>): number }> {
  const answer = await call(key, "GET", "/metrics");
  expect(answer, answer.text).toMatchObject({ status: 200 });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const parsed = parsePrometheus(answer.text);
  const of = (name: string, labels: Record<string, string> = {}) =>
    parsed.samples
      .filter((it) => it.name === name && Object.entries(labels).every(([label, value]) => it.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
  return { ...parsed, of };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function run(workflow: string): Promise<string> {
  const answer = await call(key, "POST", "/workflows/executions", { body: { workflow, execution_mode: "sync" } });
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return String(answer.body.execution_id);
}

test("the audit shows who published, made keys, decided, paused, resumed and canceled, each once", async () => {
  const boss = await call(key, "POST", "/keys", { body: { name: "boss", roles: ["boss"] } });
  const bossKey = String(boss.body.key);
  const started = await call(key, "POST", "/workflows/executions", { body: { workflow: "asks" } });
  const id = String(started.body.execution_id);
  const act = (as: string, what: string, body?: object) =>
    call(as, "POST", `/workflows/executions/${id}/${what}`, body ? { body } : {});
  await expect.poll(async () => (await call(key, "GET", `/workflows/executions/${id}`)).body.status).toBe("waiting");
  const decided = await act(bossKey, "approvals/agree", { decision: "approve" });
  expect(decided, decided.text).toMatchObject({ status: 200 });
  for (const what of ["pause", "resume", "cancel", "cancel"]) await act(key, what, {});
  await pause(1_100);
  const rows = (await audit("?limit=100")).data;
  const own = rows
    .filter(({ subject }) => subject.startsWith(id))
    .map(({ action, actor, subject }) => ({ action, actor, subject }));
  const me = rows.find(({ action }) => action === "workflow.published")?.actor;
  expect(own.toReversed()).toEqual([
    { action: "approval.decided", actor: boss.body.id, subject: `${id}/agree` },
    { action: "execution.paused", actor: me, subject: id },
    { action: "execution.resumed", actor: me, subject: id },
    { action: "execution.canceled", actor: me, subject: id },
  ]);
  expect(rows.map(({ action }) => action)).toContain("key.created");
  expect((await audit(`?actor=${String(boss.body.id)}`)).data).toHaveLength(1);
  expect((await audit("?action=execution.*")).data).toHaveLength(3);
  expect((await audit("?action=execution.paused")).data).toHaveLength(1);
  expect((await audit(`?until=${rows.at(-1)?.at}`)).data).toEqual([]);
  expect((await audit(`?since=${rows[0]?.at}`)).data.map(({ id: row }) => row)).toContain(rows[0]?.id);
  const paged: string[] = [];
  for (let query = "?limit=2"; ; ) {
    const page = await audit(query);
    paged.push(...page.data.map(({ id: row }) => row));
    if (page.next_cursor === null) break;
    query = `?limit=2&cursor=${page.next_cursor}`;
  }
  expect(paged).toEqual(rows.map(({ id: row }) => row));
  const stranger = await platform.newTenant("stranger");
  expect((await audit("", stranger.apiKey)).data).toEqual([]);
});

test("a change whose answer the database lost, and that is asked for again, is in the audit once; so is a refusal", async () => {
  const port = platform.platform.databasePort;
  const database = connectDatabase("postgres://a:b@c/d", `127.0.0.1:${port}`);
  const sql = neon("postgres://a:b@c/d");
  const really = neonConfig.fetchFunction;
  const faults: ("unsent" | "lost")[] = [];
  neonConfig.fetchFunction = async (input: string, init: RequestInit) => {
    const fault = faults.shift();
    if (fault === "unsent") throw new TypeError("the database is away");
    const answer = await really(input, init);
    if (fault === undefined) return answer;
    await answer.text();
    throw new TypeError("the answer was lost");
  };
  const [mine] = await sql`select id, tenant_id from api_keys where tenant_id = ${platform.tenant.tenantId} limit 1`;
  const context = contextOn(database, String(mine?.tenant_id), String(mine?.id));
  const entries = async (action: string, subject: string) =>
    (await sql`select id from audit where action = ${action} and subject = ${subject}`).length;
  const insistently = async <T>(work: () => Promise<T>): Promise<T> => {
    faults.push("lost");
    await expect(work()).rejects.toThrow();
    return work();
  };
  const made = await call(key, "POST", "/keys", { body: { name: "short-lived" } });
  const keyId = String(made.body.id);
  expect(await insistently(() => revokeKey(context, keyId))).toMatchObject({ ok: true });
  expect(await entries("key.revoked", keyId)).toBe(1);
  const schedule = { workflow: "adds", type: "schedule", cron: "0 0 1 1 *" };
  const triggerId = String((await call(key, "POST", "/triggers", { body: schedule })).body.id);
  expect(await insistently(() => pauseTrigger(context, triggerId, true))).toMatchObject({ ok: true });
  expect(await entries("trigger.paused", triggerId)).toBe(1);
  expect(await pauseTrigger(context, triggerId, false)).toMatchObject({ ok: true });
  expect(await entries("trigger.resumed", triggerId)).toBe(1);
  await call(key, "PUT", "/env/FADING", { body: { value: 1 } });
  expect(await insistently(() => deleteEnv(context, "FADING"))).toMatchObject({ code: "NOT_FOUND" });
  expect(await entries("env.deleted", "FADING")).toBe(1);
  faults.push("lost", "unsent", "lost");
  auditLater(context, "executions.refused", "adds");
  await Promise.all(context.tasks);
  expect(await entries("executions.refused", "adds")).toBe(1);
});

test("metrics count executions, attempts, durations and what is queued; counters never go back", async () => {
  for (const workflow of ["adds", "adds", "breaks"]) await run(workflow);
  await call(key, "POST", "/workflows/executions", { body: { workflow: "adds", delay: "1h" } });
  await pause(1_100);
  const first = await metrics();
  expect(first.of("smartify_executions_started_total", { workflow: "adds" })).toBe(2);
  expect(first.of("smartify_executions_finished_total", { workflow: "adds", status: "completed" })).toBe(2);
  expect(first.of("smartify_executions_finished_total", { workflow: "breaks", status: "failed" })).toBe(1);
  expect(first.of("smartify_executions_finished_total", { workflow: "asks", status: "canceled" })).toBe(1);
  expect(first.of("smartify_step_runs_total", { connector: "community/calculator", outcome: "completed" })).toBe(2);
  expect(first.of("smartify_step_runs_total", { connector: "community/calculator", outcome: "failed" })).toBe(1);
  expect(first.of("smartify_execution_duration_seconds_count", { workflow: "adds" })).toBe(2);
  expect(first.of("smartify_execution_duration_seconds_bucket", { workflow: "adds", le: "86400" })).toBe(2);
  expect(first.of("smartify_executions_unfinished", { workflow: "adds", status: "pending" })).toBe(1);
  expect(first.of("smartify_execution_error_ratio", { workflow: "breaks" })).toBe(1);
  expect(first.of("smartify_execution_error_ratio", { workflow: "adds" })).toBe(0);
  for (const workflow of ["adds", "breaks"]) await run(workflow);
  await pause(1_100);
  const second = await metrics();
  expect(second.of("smartify_executions_finished_total")).toBe(first.of("smartify_executions_finished_total") + 2);
  for (const { name, labels, value } of first.samples) {
    if (name.endsWith("_total") || /_(bucket|count|sum)$/.test(name))
      expect(second.of(name, labels), `${name} ${JSON.stringify(labels)}`).toBeGreaterThanOrEqual(value);
  }
});

const COUNTED = "# HELP a_total A.\n# TYPE a_total counter\n";
const TIMED = "# HELP h H.\n# TYPE h histogram\n";

test.each([
  ["no end of line", `${COUNTED}a_total 1`],
  ["a series twice", `${COUNTED}a_total{x="1"} 1\na_total{x="1"} 2\n`],
  ["a negative counter", `${COUNTED}a_total -1\n`],
  ["a sample of another family", `${COUNTED}b 1\n`],
  ["a label without quotes", `${COUNTED}a_total{x=1} 1\n`],
  ["a broken escape", `${COUNTED}a_total{x="\\q"} 1\n`],
  ["no number", `${COUNTED}a_total one\n`],
  ["buckets that shrink", `${TIMED}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
  ["no last bucket", `${TIMED}h_bucket{le="1"} 2\nh_sum 1\nh_count 2\n`],
])("the parser of the test refuses %s", (_, text) => {
  expect(() => parsePrometheus(text)).toThrow();
});

interface HistoryPage extends History {
  last: number;
  has_more: boolean;
  receipt: never;
}

async function historyOf(id: string, query = ""): Promise<HistoryPage> {
  const answer = await call(key, "GET", `/workflows/executions/${id}/history${query}`);
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return JSON.parse(answer.text);
}

test("a history verifies with the public keys alone, at once and in pages, and only its last page is signed", async () => {
  const id = await run("adds");
  const published = await call(null, "GET", "/.well-known/receipt-keys.json");
  expect(published).toMatchObject({ status: 200, body: { keys: [{ kty: "OKP", crv: "Ed25519" }] } });
  expect(published.text).not.toContain('"d"');
  expect(published.headers.get("access-control-allow-origin")).toBe("*");
  const keys = JSON.parse(published.text);
  const whole = await historyOf(id);
  expect(whole).toMatchObject({ execution_id: id, has_more: false, receipt: { status: "completed", run_attempt: 1 } });
  expect(await verifyHistory(whole, keys)).toMatchObject({ ok: true });
  // The events are those that polling shows.
  const events = await call(key, "GET", `/workflows/executions/${id}/events?wait=0&types=workflow.*,step.*`);
  expect(whole.data.map((event) => ({ ...Object(event), hash: undefined }))).toEqual(events.body.data);
  const data = [];
  let page = await historyOf(id, "?limit=2");
  for (; page.has_more; page = await historyOf(id, `?limit=2&after=${page.last}`)) {
    expect(page).toMatchObject({ data: [{}, {}], receipt: null });
    data.push(...page.data);
  }
  data.push(...page.data);
  expect(data).toEqual(whole.data);
  expect(await verifyHistory({ ...page, data }, keys)).toMatchObject({ ok: true });
  const receipt = await call(key, "GET", `/workflows/executions/${id}/receipt`);
  expect(await verifyHistory({ ...whole, receipt: JSON.parse(receipt.text) }, keys)).toMatchObject({ ok: true });
  expect(await historyOf(id, `?after=${whole.last}`)).toMatchObject({ data: [], has_more: false });
});

test("a receipt of what has not ended says so, and what comes later covers it", async () => {
  const started = await call(key, "POST", "/workflows/executions", { body: { workflow: "asks" } });
  const id = String(started.body.execution_id);
  await expect.poll(async () => (await call(key, "GET", `/workflows/executions/${id}`)).body.status).toBe("waiting");
  const early = await historyOf(id);
  expect(early).toMatchObject({ receipt: { status: "waiting" } });
  await call(key, "POST", `/workflows/executions/${id}/cancel`, { body: {} });
  const late = await historyOf(id);
  expect(late).toMatchObject({ receipt: { status: "canceled" } });
  expect(late.data.slice(0, early.data.length)).toEqual(early.data);
  const keys = JSON.parse((await call(null, "GET", "/.well-known/receipt-keys.json")).text);
  for (const history of [early, late]) expect(await verifyHistory(history, keys)).toMatchObject({ ok: true });
  expect(await verifyHistory({ ...late, receipt: early.receipt }, keys)).toMatchObject({
    ok: false,
    event: early.data.length + 1,
  });
});

test.each(["history", "receipt"])(
  "the %s of an execution that is somebody else's, or of none, is a 404",
  async (what) => {
    const id = await run("adds");
    const other = (await platform.newTenant(`reads-${what}`)).apiKey;
    for (const [as, of] of [
      [other, id],
      [key, "exec_nope"],
    ] as const)
      expect(await call(as, "GET", `/workflows/executions/${of}/${what}`)).toMatchObject({
        status: 404,
        body: { code: "NOT_FOUND" },
      });
  },
);

test.each<[query: string, path: string]>([
  ["?limit=0", "/limit"],
  ["?limit=1001", "/limit"],
  ["?after=-1", "/after"],
  ["?after=999", "/after"],
  ["?since=1", "/since"],
])("a history with %s is a 400 that names the member", async (query, path) => {
  const id = await run("adds");
  expect(await call(key, "GET", `/workflows/executions/${id}/history${query}`)).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path }] } },
  });
});
