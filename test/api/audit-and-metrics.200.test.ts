import { afterAll, beforeAll, expect, test } from "vitest";
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
}, 60_000);
afterAll(() => platform?.close());

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
