import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";
import { ADD, runClient, waitFor } from "./run-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let runs: ReturnType<typeof runClient>;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  runs = runClient(call, key);
  expect((await call(key, "POST", "/workflows", { raw: SUM, type: YAML })).status).toBe(201);
});
afterAll(() => platform?.close());

const DAY_MS = 86_400_000;
const later = (ms: number) => new Date(Date.now() + ms).toISOString();
const begin = (more: object) =>
  call(key, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: { a: 1 }, ...more } });

test.each<[more: object, path: string]>([
  [{ delay: 1, start_at: "2020-01-01T00:00:00Z" }, "/start_at"],
  [{ delay: "367d" }, "/delay"],
  [{ delay: -1 }, "/delay"],
  [{ start_at: "tomorrow" }, "/start_at"],
  [{ start_at: "2026-11-20T12:00:00" }, "/start_at"],
  [{ start_at: "9000-01-01T00:00:00Z" }, "/start_at"],
  [{ priority: 101 }, "/priority"],
  [{ priority: -101 }, "/priority"],
  [{ priority: 0.5 }, "/priority"],
  [{ budget: { max_messages: 1.5 } }, "/budget/max_messages"],
  [{ budget: { max_seconds: 0 } }, "/budget/max_seconds"],
  [{ budget: { max_cost: "1" } }, "/budget/max_cost"],
  [{ budget: { hold: "400d" } }, "/budget/hold"],
  [{ budget: { tokens: 1 } }, "/budget/tokens"],
  [{ overrides: { steps: { sum: { inputs: {} } } } }, "/overrides/steps/sum/inputs"],
  [{ overrides: { steps: { summ: { timeout: 1 } } } }, "/overrides/steps/summ"],
  [{ overrides: { steps: { sum: { input: { a: "{{ secrets.K }}" } } } } }, "/overrides/steps/sum/input/a"],
  [{ overrides: { retry: { max_attempts: "many" } } }, "/overrides/retry/max_attempts"],
  [{ overrides: { connectors: { calculator: "local" } } }, "/overrides/connectors"],
  [{ config_override: { agents: {} } }, "/config_override/agents"],
])("a start with %j is a 400 that names the member", async (more, path) => {
  expect(await begin(more)).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [{ path }] } },
  });
});

test("a run that is to begin later is pending until then, and may be canceled before", async () => {
  const delayed = await begin({ start_at: later(DAY_MS), priority: 100, metadata: { from: "test" } });
  const id = String(delayed.body.execution_id);
  expect(delayed.status).toBe(202);
  expect(await runs.get(id)).toMatchObject({
    body: { status: "pending", started_at: null, waiting_for: { kind: "time" }, metadata: { from: "test" } },
  });
  expect(await runs.act(id, "cancel")).toMatchObject({ status: 200, body: { status: "canceled" } });
});

test("a delay that passes lets it begin, and a time in the past is now", async () => {
  const askedAt = Date.now();
  const delayed = await begin({ delay: "2s" });
  const record = await runs.end(String(delayed.body.execution_id));
  expect(record).toMatchObject({ result: { outputs: { sum: 3 } } });
  expect(Date.parse(String(record.started_at))).toBeGreaterThanOrEqual(askedAt + 2_000);
  expect(await begin({ start_at: "2020-01-01T00:00:00+01:00", execution_mode: "sync" })).toMatchObject({
    status: 200,
    body: { status: "completed" },
  });
});

test("a sync start with a delay longer than its wait is 202, as one that is not done", async () => {
  const answer = await begin({ delay: "1h", execution_mode: "sync", timeout: "200ms" });
  expect(answer.status).toBe(202);
  await runs.act(String(answer.body.execution_id), "cancel");
});

test("a step's input is overridden for this run alone", async () => {
  const overrides = { steps: { sum: { input: { b: "{{ inputs.a * 10 }}" }, timeout: 5 } } };
  expect(await begin({ overrides, execution_mode: "sync" })).toMatchObject({
    status: 200,
    body: { workflow: { slug: "sum", version: "1.0.0" }, result: { outputs: { sum: 11 } } },
  });
  expect(await begin({ execution_mode: "sync" })).toMatchObject({
    status: 200,
    body: { result: { outputs: { sum: 3 } } },
  });
});

test("of a key with a limit the next run is refused where the strategy is reject, and other keys are not", async () => {
  const definition = {
    name: "One each",
    inputs: { customer: { type: "string" } },
    concurrency: { key: "{{ inputs.customer }}", strategy: "reject" },
    steps: [waitFor("done")],
  };
  const start = (customer: string) =>
    call(key, "POST", "/workflows/executions", { body: { definition, inputs: { customer } } });
  const first = await start("acme");
  expect(first.status).toBe(202);
  expect(await start("acme")).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  const other = await start("globex");
  expect(other.status).toBe(202);
  for (const it of [first, other]) await runs.act(String(it.body.execution_id), "cancel");
  await expect.poll(async () => (await start("acme")).status, { timeout: 40_000, interval: 200 }).toBe(202);
});

test("where the strategy is queue, the next run of a key is pending until the first has ended", async () => {
  const definition = { name: "Queue", concurrency: { key: "all" }, steps: [waitFor("done")] };
  const first = await runs.start(definition);
  await runs.until(first, { status: "waiting" });
  const second = await runs.start(definition);
  await runs.until(second, { status: "pending", waiting_for: { kind: "concurrency" } });
  expect((await runs.act(first, "events", { name: "done" })).status).toBe(202);
  expect(await runs.end(first)).toMatchObject({ status: "completed" });
  await runs.until(second, { status: "waiting" });
  await runs.act(second, "cancel");
});

test("of two that queue for a key the one of higher priority goes first", async () => {
  const definition = { name: "Priority", concurrency: { key: "all" }, steps: [waitFor("done")] };
  const first = await runs.start(definition);
  await runs.until(first, { status: "waiting" });
  const low = await runs.start(definition, { priority: -1 });
  const high = await runs.start(definition, { priority: 1 });
  expect((await runs.act(first, "events", { name: "done" })).status).toBe(202);
  await runs.until(high, { status: "waiting" });
  expect((await runs.get(low)).body).toMatchObject({ status: "pending", waiting_for: { kind: "concurrency" } });
  expect((await runs.act(high, "events", { name: "done" })).status).toBe(202);
  await runs.until(low, { status: "waiting" });
  await runs.act(low, "cancel");
});

test("a concurrency key that cannot be evaluated refuses the start", async () => {
  const definition = {
    name: "Bad key",
    concurrency: { key: "{{ 1 / inputs.zero }}" },
    inputs: { zero: {} },
    steps: [ADD],
  };
  expect(await call(key, "POST", "/workflows/executions", { body: { definition, inputs: { zero: 0 } } })).toMatchObject(
    {
      status: 400,
      body: { code: "VALIDATION", details: { problems: [{ path: "/inputs" }] } },
    },
  );
});

test("an act that changes nothing is noted and keeps its key: sent again after somebody's resume, a pause does not pause", async () => {
  const made = await call(key, "POST", "/keys", { body: { name: "approver" } });
  const id = await runs.start({
    name: "Noted",
    steps: [{ id: "sign", type: "approval", approvers: [] }, waitFor("go")],
  });
  await runs.until(id, { status: "waiting" });
  const act = (verb: string, once: string, body: object = {}, by = key) =>
    call(by, "POST", `/workflows/executions/${id}/${verb}`, { body, headers: { "Idempotency-Key": once } });
  for (const once of ["one", "two"])
    expect(await act("pause", once)).toMatchObject({ status: 200, body: { status: "paused" } });
  expect((await act("resume", "three")).status).toBe(200);
  expect(await act("pause", "two")).toMatchObject({ status: 200, body: { status: "waiting" } });
  expect(await act("pause", "two", { reason: "other" })).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  const other = String(made.body.key);
  for (let times = 0; times < 2; times++)
    expect(await act("approvals/sign", "four", { decision: "approve" }, other)).toMatchObject({ status: 200 });
  expect(await act("approvals/sign", "four", { decision: "reject" }, other)).toMatchObject({ status: 409 });
  expect((await runs.acts(id)).map(([type]) => type)).toEqual(["workflow.paused", "act.noted", "workflow.resumed"]);
  for (const once of ["five", "six"]) expect(await act("cancel", once)).toMatchObject({ body: { status: "canceled" } });
  expect(await runs.act(id, "retry", { from_step: "sign" })).toMatchObject({ status: 200 });
  expect((await act("cancel", "six")).body.status).not.toBe("canceled");
});
