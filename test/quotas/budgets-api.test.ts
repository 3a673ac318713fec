import { afterAll, beforeAll, expect, test } from "vitest";
import { type JsonMap, readList, readText } from "../outside/json.ts";
import { awayFromMidnight } from "../support/away-from-midnight.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { LimitedTenant } from "./limited-tenant.ts";

awayFromMidnight();
let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false });
}, 120_000);
afterAll(() => running?.close());

const CALL: JsonMap = { connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 1 } };
const calls = (name: string, count: number): JsonMap => ({
  name,
  version: "1.0.0",
  steps: Array.from({ length: count }, (_, n) => ({ ...CALL, id: `c${n}` })),
});
const fan = (name: string, width: number): JsonMap => ({
  name,
  version: "1.0.0",
  steps: [{ ...CALL, id: "c", for_each: Array.from({ length: width }, (_, n) => n), parallel: true }],
});

const completedSteps = (record: JsonMap): number =>
  readList(record, "steps").filter((step) => readText(step, "status") === "completed").length;

test("a tenant's budget of steps pauses what would pass it, and a raise lets it go on", async () => {
  const tenant = await LimitedTenant.make(running, "steps");
  const put = await tenant.call("PUT", "/budgets/tenant", { max_steps: 5 });
  expect(put).toMatchObject({
    status: 200,
    body: { scope: "tenant", period: "month", limits: { max_steps: 5 }, used: { max_steps: 0 } },
  });
  const id = await tenant.started(calls("a", 8));
  const paused = await tenant.until(id, "paused");
  expect(paused).toMatchObject({
    status: "paused",
    waiting_for: { kind: "budget", budget: "tenant.max_steps", used: 5, limit: 5 },
  });
  expect(completedSteps(paused)).toBe(5);
  expect((await tenant.call("GET", "/budgets/tenant")).body).toMatchObject({ used: { max_steps: 5 } });
  // A second one does not get a single step, nor does it after a kill of everything.
  const other = await tenant.started(calls("b", 1));
  expect(completedSteps(await tenant.until(other, "paused"))).toBe(0);
  await running.restart();
  expect(await tenant.status(id)).toBe("paused");
  // To resume without a raise is to be paused again.
  expect((await tenant.call("POST", `/workflows/executions/${other}/resume`)).status).toBe(200);
  expect(completedSteps(await tenant.until(other, "paused"))).toBe(0);
  await tenant.call("PUT", "/budgets/tenant", { max_steps: 9 });
  expect(await tenant.until(id, "completed")).toMatchObject({ status: "completed" });
  expect(await tenant.until(other, "completed")).toMatchObject({ status: "completed" });
  expect((await tenant.call("GET", "/budgets/tenant")).body).toMatchObject({ used: { max_steps: 9 } });
  expect(await tenant.status(await tenant.started(calls("c", 1)))).not.toBe("completed");
});

test("a workflow's budget holds its own executions only, and steps that come at once do not pass it", async () => {
  const tenant = await LimitedTenant.make(running, "workflow");
  await tenant.call("PUT", "/budgets/workflow:wide", { max_steps: 7, period: "total" });
  const id = await tenant.started(fan("wide", 20));
  const paused = await tenant.until(id, "paused");
  expect(paused).toMatchObject({
    waiting_for: { kind: "budget", budget: "workflow:wide.max_steps", used: 7, limit: 7 },
  });
  expect(await tenant.start(fan("other", 20), { execution_mode: "sync" })).toMatchObject({
    status: 200,
    body: { status: "completed", usage: { step_runs: 20 } },
  });
  expect((await tenant.record(id)).usage).toMatchObject({ step_runs: 7 });
  const gone = await tenant.call("DELETE", "/budgets/workflow:wide");
  expect(gone).toMatchObject({ status: 200, body: { status: "deleted", scope: "workflow:wide" } });
  expect(await tenant.until(id, "completed")).toMatchObject({ status: "completed", usage: { step_runs: 20 } });
  expect((await tenant.call("DELETE", "/budgets/workflow:wide")).status).toBe(404);
});

test("several executions at once share a budget and do not pass it together", async () => {
  const tenant = await LimitedTenant.make(running, "shared");
  await tenant.call("PUT", "/budgets/tenant", { max_steps: 50 });
  const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => tenant.started(calls(`w${n % 3}`, 10))));
  const isolated = await tenant.started(calls("i", 10), { execution_mode: "isolated" });
  for (const id of [...ids, isolated]) {
    const end = Date.now() + 15_000;
    while (!["paused", "completed"].includes(await tenant.status(id)) && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const records = await Promise.all([...ids, isolated].map((id) => tenant.record(id)));
  expect(records.reduce((sum, record) => sum + completedSteps(record), 0)).toBe(50);
  await tenant.call("PUT", "/budgets/tenant", { max_steps: 110 });
  for (const id of [...ids, isolated]) expect((await tenant.until(id, "completed")).status).toBe("completed");
});

test("a budget that nobody raises in time fails what it held, with QUOTA_EXCEEDED", async () => {
  const tenant = await LimitedTenant.make(running, "late");
  await tenant.call("PUT", "/budgets/tenant", { max_steps: 1, hold: "6s" });
  const id = await tenant.started(calls("a", 2));
  expect((await tenant.until(id, "paused")).status).toBe("paused");
  expect(await tenant.until(id, "failed")).toMatchObject({
    status: "failed",
    error: { code: "QUOTA_EXCEEDED", details: { budget: "tenant.max_steps", used: 1, limit: 1 } },
  });
});

test("budgets are listed, refused when they say nothing or of whom, and need their scope", async () => {
  const tenant = await LimitedTenant.make(running, "routes");
  expect((await tenant.call("PUT", "/budgets/workflow:a", { max_cost: 2.5, period: "day" })).status).toBe(200);
  expect((await tenant.call("PUT", "/budgets/tenant", { max_tokens: 1_000, max_seconds: 60 })).status).toBe(200);
  expect((await tenant.call("GET", "/budgets")).body).toMatchObject({
    data: [
      { scope: "tenant", limits: { max_tokens: 1_000, max_seconds: 60 }, used: { max_tokens: 0, max_seconds: 0 } },
      { scope: "workflow:a", period: "day", limits: { max_cost: 2.5 }, used: { max_cost: 0 } },
    ],
  });
  expect((await tenant.call("PUT", "/budgets/tenant", {})).status).toBe(400);
  expect((await tenant.call("PUT", "/budgets/tenant", { max_steps: 0 })).status).toBe(400);
  expect((await tenant.call("PUT", "/budgets/elsewhere", { max_steps: 1 })).status).toBe(400);
  expect((await tenant.call("GET", "/budgets/workflow:none")).status).toBe(404);
  const made = await tenant.call("POST", "/keys", { name: "reader", scopes: ["limits:read"] });
  const authorization = { authorization: `Bearer ${readText(made.body, "key")}` };
  expect((await tenant.call("GET", "/budgets", undefined, authorization)).status).toBe(200);
  expect((await tenant.call("PUT", "/budgets/tenant", { max_steps: 1 }, authorization)).status).toBe(403);
});
