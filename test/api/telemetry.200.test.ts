import { afterAll, beforeAll, expect, test } from "vitest";
import { byHand } from "../support/by-hand.ts";
import { type CollectedSpan, OtlpCollector } from "../support/otlp-collector.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";

const WORKFLOWS = `
workflows:
  - name: Adds
    steps:
      - {id: one, connector: calculator, action: add, input: {a: 1, b: 1}}
      - {id: each, connector: calculator, action: add, for_each: [1, 2], input: {a: "{{ item }}", b: 1}}
  - name: Breaks
    steps:
      - {id: divide, connector: calculator, action: divide, input: {a: 1, b: 0}}
  - name: Calls
    steps:
      - {id: child, workflow: Adds}
`;

let platform: TestPlatform;
let collector: OtlpCollector;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  collector = await OtlpCollector.start();
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  const published = await call(key, "POST", "/workflows", { raw: WORKFLOWS, type: YAML });
  expect(published, published.text).toMatchObject({ status: 201 });
});
afterAll(async () => {
  await platform?.close();
  collector?.close();
});

async function run(workflow: string, headers: Record<string, string> = {}): Promise<string> {
  const body = { workflow, execution_mode: "sync" };
  const answer = await call(key, "POST", "/workflows/executions", { body, headers });
  expect(answer, answer.text).toMatchObject({ status: 200 });
  return String(answer.body.execution_id);
}

function attribute({ attributes }: CollectedSpan, name: string): unknown {
  return Object.values(attributes.find((it) => it.key === name)?.value ?? {})[0];
}

async function spansOf(execution: string, count: number): Promise<CollectedSpan[]> {
  const own = () => collector.spans.filter((span) => attribute(span, "smartify.execution.id") === execution);
  await expect.poll(() => own().length).toBeGreaterThanOrEqual(count);
  return own();
}

/** Nothing is on its way any more. */
async function settled(more: object = {}): Promise<void> {
  const state = async () => (await call(key, "GET", "/telemetry")).body;
  await expect.poll(state).toMatchObject({ pending: 0, ...more });
}

const setting = (more: object = {}) => ({
  endpoint: `${collector.url}/otlp/`,
  headers: { authorization: "Bearer very-secret" },
  ...more,
});

test("nothing is exported before somebody asks; a collector in a private net is refused", async () => {
  expect((await call(key, "GET", "/telemetry")).status).toBe(404);
  expect((await call(key, "DELETE", "/telemetry")).status).toBe(404);
  const refused = await call(key, "PUT", "/telemetry", { body: setting({ endpoint: "https://10.0.0.1/otlp" }) });
  expect(refused).toMatchObject({ status: 403, body: { code: "FORBIDDEN", details: { reason: "egress" } } });
  expect((await call(key, "PUT", "/telemetry", { body: setting({ endpoint: "ftp://x" }) })).status).toBe(400);
  const own = { headers: { "Content-Length": "3" } };
  expect((await call(key, "PUT", "/telemetry", { body: setting(own) })).status).toBe(400);
});

test("an execution and its attempts are spans of the caller's trace, whose headers nobody sees again", async () => {
  const put = await call(key, "PUT", "/telemetry", { body: setting() });
  expect(put, put.text).toMatchObject({ status: 200, body: { header_names: ["authorization"], traces: true } });
  expect(put.text).not.toContain("very-secret");
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const id = await run("adds", { traceparent });
  const spans = await spansOf(id, 4);
  const [root, ...attempts] = spans;
  expect(root).toMatchObject({ name: "adds", parentSpanId: "b7ad6b7169203331", kind: 2, status: { code: 1 } });
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(["0af7651916cd43dd8448eb211c80319c"]));
  expect(attempts.map((span) => attribute(span, "smartify.step.path"))).toEqual(["one", "each[0]", "each[1]"]);
  expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(root?.spanId));
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
  expect(attempts.map((span) => attribute(span, "smartify.connector"))).toEqual(Array(3).fill("community/calculator"));
  const sent = collector.requests.find(({ path }) => path === "/otlp/v1/traces");
  expect(sent?.headers.authorization).toBe("Bearer very-secret");
  expect(collector.wrong).toEqual([]);
});

test("a failure shows, a trace that began here has a root, and what a step started hangs under its attempt", async () => {
  const broken = await spansOf(await run("breaks"), 2);
  expect(broken.map(({ status }) => status.code)).toEqual([2, 2]);
  expect(broken[0]?.parentSpanId).toBeUndefined();
  expect(attribute(broken[1] as CollectedSpan, "error.type")).toBe("VALIDATION");
  const [root, step] = await spansOf(await run("calls"), 2);
  await expect
    .poll(() => collector.spans.find(({ parentSpanId }) => parentSpanId === step?.spanId))
    .toMatchObject({
      name: "adds",
      traceId: root?.traceId,
    });
  expect(step?.parentSpanId).toBe(root?.spanId);
});

test("a collector that is slow or down delays no execution; what it missed comes again as the same spans", async () => {
  await settled();
  collector.status = 503;
  const answers = byHand();
  collector.held = answers.promise;
  const id = await run("adds");
  const first = await spansOf(id, 4);
  // It still waits for its answer, while the execution has long ended.
  expect(collector.givenUp).toBe(0);
  collector.held = undefined;
  answers.resolve();
  await expect
    .poll(async () => (await call(key, "GET", "/telemetry")).body)
    .toMatchObject({
      pending: 1,
      last_error: expect.stringContaining("503"),
    });
  expect((await call(key, "GET", "/telemetry")).text).not.toContain("very-secret");
  collector.status = 200;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  // The end of another execution wakes the exporter; without one the sweeper does, every minute.
  await run("adds");
  const all = await spansOf(id, 8);
  expect(all.slice(4)).toEqual(first);
  await expect
    .poll(async () => (await call(key, "GET", "/telemetry")).body)
    .toMatchObject({
      pending: 0,
      dropped: 0,
      last_error: null,
    });
});

test("what a collector refuses for good is not sent again, and counted", async () => {
  collector.status = 400;
  await spansOf(await run("breaks"), 2);
  await settled({ dropped: 1 });
  collector.status = 200;
});

interface OtlpMetric {
  name: string;
  sum?: object;
  histogram?: { dataPoints: { count: string; bucketCounts: string[]; explicitBounds: number[] }[] };
}

test("metrics come as OTLP has them, and with the end of the setting everything ends", async () => {
  const before = collector.requests.length;
  // Set anew they are due at once.
  expect((await call(key, "PUT", "/telemetry", { body: setting() })).status).toBe(200);
  await run("adds");
  const sent = () => collector.requests.slice(before).find(({ path }) => path === "/otlp/v1/metrics");
  await expect.poll(sent).toBeDefined();
  const body: { resourceMetrics?: { scopeMetrics: { metrics: OtlpMetric[] }[] }[] } = sent()?.body ?? {};
  const metrics = new Map(body.resourceMetrics?.[0]?.scopeMetrics[0]?.metrics.map((it) => [it.name, it]));
  const started = metrics.get("smartify_executions_started_total");
  expect(started).toMatchObject({ sum: { aggregationTemporality: 2, isMonotonic: true } });
  const points = metrics.get("smartify_execution_duration_seconds")?.histogram?.dataPoints ?? [];
  expect(points.length).toBeGreaterThan(0);
  for (const { count, bucketCounts, explicitBounds } of points) {
    expect(bucketCounts).toHaveLength(explicitBounds.length + 1);
    expect(bucketCounts.reduce((sum, it) => sum + Number(it), 0)).toBe(Number(count));
  }
  expect((await call(key, "PUT", "/telemetry", { body: setting({ traces: false }) })).status).toBe(200);
  const untraced = await run("adds");
  expect((await call(key, "DELETE", "/telemetry")).status).toBe(200);
  await run("adds");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(collector.spans.filter((span) => attribute(span, "smartify.execution.id") === untraced)).toEqual([]);
});
