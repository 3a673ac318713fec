import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";
import { ADD, runClient, waitFor } from "./run-client.ts";

const ROOT = join(import.meta.dirname, "../..");
let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let runs: ReturnType<typeof runClient>;

beforeAll(async () => {
  platform = await startTestPlatform();
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  runs = runClient(call, key);
  expect(await publish("/connectors", "examples/weather/connector.yaml")).toBe(201);
  expect(await publish("/workflows", "examples/graphs/workflows.yaml")).toBe(201);
});
afterAll(() => platform?.close());

async function publish(path: string, file: string): Promise<number> {
  const raw = readFileSync(join(ROOT, file), "utf8");
  return (await call(key, "POST", path, { raw, type: YAML })).status;
}

async function start(workflow: string, inputs?: object): Promise<string> {
  const started = await call(key, "POST", "/workflows/executions", { body: { workflow, inputs } });
  expect(started, started.text).toMatchObject({ status: 202 });
  return String(started.body.execution_id);
}

interface Received {
  headers: Record<string, string>;
  body: unknown;
}

/** What the outside world got at `path`: the platform itself asks it. */
async function received(path: string): Promise<Received[]> {
  const input = { url: "http://receiver:8080/received", query: { path } };
  const answer = await call(key, "POST", "/execute", { body: { action: "http.get", input } });
  const envelope: { data: { body: Received[] } } = JSON.parse(answer.text);
  return envelope.data.body;
}

/** A row of the record for each of these paths. */
function rows(status: string, ...paths: string[]): object {
  return { steps: expect.arrayContaining(paths.map((path) => expect.objectContaining({ path, status }))) };
}

/** How often the sensor of a watch was visited. */
function visits({ text }: { text: string }): number {
  const { steps }: { steps: { id: string; attempt: number }[] } = JSON.parse(text);
  return steps.filter(({ id, attempt }) => id === "sensor" && attempt > 0).length;
}

test("a pipeline hands what it read, shaped, to the warehouse", async () => {
  expect(await runs.end(await start("weather-pipeline"))).toMatchObject({
    status: "completed",
    result: { outputs: { loaded: 2 } },
  });
  const [load] = await received("/warehouse");
  expect(load?.body).toMatchObject([{ location: "San Francisco" }, { location: "Wellington" }]);
});

test("a pipeline stops where no edge holds", async () => {
  const id = await start("weather-pipeline", { wind_threshold: 500 });
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { loaded: 0 } },
    ...rows("pending", "load"),
  });
});

test("an autonomous agent senses by itself, reacts to what is unusual alone, and signs off when it is shut down", async () => {
  const id = await start("weather-watch");
  await runs.until(id, rows("completed", "sensor@2", "analyzer@2", "actuator"));
  expect((await runs.act(id, "shutdown", { graceful: true })).status).toBe(200);
  const over = await runs.end(id);
  expect(over).toMatchObject({
    status: "completed",
    result: { stop_reason: "shutdown", outputs: { last_alert: "Cairo" } },
  });
  const alerts = (await received("/alerts")).map(({ body }) => body);
  const { outputs }: { outputs: { alerts: number } } = JSON.parse(JSON.stringify(over.result));
  expect(alerts).toHaveLength(outputs.alerts + 1);
  expect(alerts[0]).toEqual({ place: "Cairo", temperature: 38.2, anomaly: true });
  expect(alerts.at(-1)).toEqual({ watch: "over", alerts: outputs.alerts });
});

test("an adaptive graph does small work itself and hands large work to a long-running one", async () => {
  const small = await runs.end(await start("adaptive-batch", { numbers: [1, 2, 3] }));
  expect(small).toMatchObject({ status: "completed", result: { outputs: { sum: 14, mode: "standard" } } });
  const numbers = [1, 2, 3, 4, 5, 6];
  const large = await runs.end(await start("adaptive-batch", { numbers, large_from: 5 }));
  expect(large).toMatchObject({
    status: "completed",
    result: { outputs: { sum: 91, mode: "long_running" } },
    ...rows("completed", "measure", "large"),
  });
});

test("a long-running graph runs a graph of its own for every message", async () => {
  const id = await start("reading-intake");
  const readings = [
    { place: "Cairo", fahrenheit: 100.4 },
    { place: "Oslo", fahrenheit: 41 },
    { place: "Doha", fahrenheit: 104 },
  ];
  for (const payload of readings) {
    expect(await runs.act(id, "messages", { node: "clean", payload })).toMatchObject({ status: 202 });
  }
  await runs.until(id, rows("completed", "clean@3", "collect@2"));
  const { body: oslo } = await call(key, "GET", `/workflows/executions/${id}/steps/clean@2`);
  expect(oslo).toMatchObject({ output: { outputs: { place: "Oslo", celsius: 5, word: "mild" } } });
  expect((await runs.act(id, "shutdown")).status).toBe(200);
  expect(await runs.end(id)).toMatchObject({
    status: "completed",
    result: { outputs: { seen: 3, hot: ["Cairo", "Doha"] }, stop_reason: "shutdown" },
  });
});

test("every visit of a node calls with an idempotency key of its own", async () => {
  const visit = {
    id: "post",
    connector: "connector:community/http@1",
    action: "post",
    input: { url: "http://receiver:8080/visits", body: "{{ graph.state.n }}" },
    set: { n: "{{ graph.state.n + 1 }}" },
  };
  const edges = [{ from: "post", to: "post", when: "graph.state.n < 3" }];
  const id = await runs.start({ name: "Visits", state: { n: 0 }, nodes: [visit], edges });
  expect(await runs.end(id)).toMatchObject({ status: "completed" });
  const visits = await received("/visits");
  expect(visits.map(({ body }) => body)).toEqual([0, 1, 2]);
  expect(new Set(visits.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
});

test("a graph that has spent its budget goes on when somebody raises it", async () => {
  const nodes = [ADD, { ...ADD, id: "more" }];
  const graph = { name: "Budget", budget: { max_steps: 1 }, nodes, edges: [{ from: "add", to: "more" }] };
  const id = await runs.start(graph);
  const waiting = { kind: "budget", budget: "max_steps", used: 1, limit: 1 };
  await runs.until(id, { status: "paused", waiting_for: waiting });
  expect((await runs.act(id, "resume")).status).toBe(200);
  await runs.until(id, { status: "paused", waiting_for: waiting });
  expect((await runs.act(id, "resume", { budget: { max_steps: 2 } })).status).toBe(200);
  expect(await runs.end(id)).toMatchObject({ status: "completed", ...rows("completed", "add", "more") });
});

test("a long-running graph without an end is not published, and its problem has a place", async () => {
  const endless = { name: "Endless graph", mode: "long_running", nodes: [ADD] };
  expect(await call(key, "POST", "/workflows", { body: endless })).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [{ path: "/mode" }] } },
  });
});

test("a message is refused by name where nobody can take it", async () => {
  const standard = await runs.start({ name: "Standard", nodes: [waitFor("go")] });
  expect(await runs.act(standard, "messages", { node: "gate" })).toMatchObject({ status: 409 });
  expect((await runs.act(standard, "events", { name: "go" })).status).toBe(202);
  const id = await start("reading-intake");
  expect(await runs.act(id, "messages", { node: "cleen" })).toMatchObject({ status: 404 });
  expect((await runs.act(id, "shutdown")).status).toBe(200);
  await runs.end(id);
  expect(await runs.act(id, "messages", { node: "clean" })).toMatchObject({ status: 409 });
});

test("the graphs of the guide are accepted", async () => {
  const guide = readFileSync(join(ROOT, "docs/guide/graphs.md"), "utf8");
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
  expect(blocks.length).toBeGreaterThan(1);
  for (const raw of blocks) {
    expect(await call(key, "POST", "/workflows/validate", { raw, type: YAML })).toMatchObject({
      status: 200,
      body: { valid: true },
    });
  }
});

test("mailboxes, kept state and the visit in hand outlive a kill of everything", { timeout: 120_000 }, async () => {
  const clerk = {
    ...waitFor("go"),
    keep: { handled: "{{ (state.handled | default([])) + [input] }}" },
    set: { handled: "{{ (state.handled | default([])) + [input] }}" },
  };
  const id = await runs.start({
    name: "Survivor",
    mode: "long_running",
    budget: { max_seconds: 600 },
    nodes: [clerk],
    outputs: { handled: "{{ graph.state.handled }}" },
  });
  for (const payload of ["a", "b", "c"]) await runs.act(id, "messages", { node: "gate", payload });
  expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  await runs.until(id, rows("waiting", "gate@2"));
  await platform.restart();
  for (const _ of ["b", "c"]) expect((await runs.act(id, "events", { name: "go" })).status).toBe(202);
  await runs.until(id, rows("completed", "gate", "gate@2", "gate@3"));
  expect((await runs.act(id, "shutdown")).status).toBe(200);
  expect(await runs.end(id)).toMatchObject({ status: "completed", result: { outputs: { handled: ["a", "b", "c"] } } });
});

test("an agent that senses by itself goes on after a kill of everything", { timeout: 120_000 }, async () => {
  const id = await start("weather-watch", { places: ["Oslo"], hot: 100 });
  await runs.until(id, rows("completed", "sensor"));
  await platform.restart();
  const readings = visits(await runs.get(id));
  await runs.until(id, rows("completed", `sensor@${readings + 2}`));
  expect((await runs.act(id, "shutdown")).status).toBe(200);
  const over = await runs.end(id);
  expect(over).toMatchObject({ status: "completed", result: { outputs: { alerts: 0, last_alert: null } } });
});

test("compensation goes on where a kill of everything cut it short", { timeout: 120_000 }, async () => {
  const undo = (id: string) => ({ ...ADD, id, action: "subtract" });
  const steps = [
    { ...ADD, id: "first", compensate: [undo("undo_first")] },
    { ...ADD, id: "second", compensate: [waitFor("undo"), undo("undo_second")] },
    { ...ADD, id: "breaks", action: "divide", input: { a: 1, b: 0 } },
  ];
  const id = await runs.start({ name: "Saga", steps });
  await runs.until(id, { phase: "compensating", ...rows("waiting", "second.gate") });
  await platform.restart();
  expect((await runs.get(id)).body).toMatchObject({ phase: "compensating" });
  expect((await runs.act(id, "events", { name: "undo" })).status).toBe(202);
  expect(await runs.end(id)).toMatchObject({
    status: "failed",
    error: { code: "VALIDATION", details: { step: "breaks" } },
    ...rows("completed", "second.gate", "second.undo_second", "first.undo_first"),
  });
});
