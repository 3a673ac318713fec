import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type JsonMap, readText } from "../outside/json.ts";
import { awayFromMidnight } from "../support/away-from-midnight.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { LimitedTenant } from "./limited-tenant.ts";

awayFromMidnight();
let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false });
}, 120_000);
afterAll(() => running?.close());

const WAIT: JsonMap = { id: "w", type: "wait", until: { event: "go" } };
const CALL: JsonMap = {
  id: "c",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 1 },
};
const waits = (name: string): JsonMap => ({ name, version: "1.0.0", steps: [WAIT] });
const calls = (name: string, count = 1): JsonMap => ({
  name,
  version: "1.0.0",
  steps: Array.from({ length: count }, (_, n) => ({ ...CALL, id: `c${n}` })),
});

test("past its concurrent executions a tenant's starts queue, fair between workflows, and are released as others end", async () => {
  const tenant = await LimitedTenant.make(running, "concurrent", { concurrent_executions: 2 });
  const go = (id: string) => tenant.call("POST", `/workflows/executions/${id}/events`, { name: "go" });
  const first = [await tenant.started(waits("a")), await tenant.started(waits("a"))];
  for (const id of first) expect((await tenant.until(id, "waiting")).status).toBe("waiting");
  const crowd = [];
  for (let n = 0; n < 4; n += 1) crowd.push(await tenant.started(waits("a")));
  const urgent = await tenant.started(waits("a"), { priority: 10 });
  const other = await tenant.started(waits("b"));
  const queued = await tenant.record(other);
  expect(queued).toMatchObject({
    status: "pending",
    started_at: null,
    waiting_for: { kind: "concurrency", limit: "concurrent_executions", max: 2 },
  });
  expect(await tenant.used("concurrent_executions")).toBe(2);
  expect(await tenant.used("queued_executions")).toBe(6);
  // Both lanes have had no turn yet: the older lane's first, which is the urgent one, then the other workflow's.
  await go(first[0] ?? "");
  expect((await tenant.until(urgent, "waiting")).status).toBe("waiting");
  await go(first[1] ?? "");
  expect((await tenant.until(other, "waiting")).status).toBe("waiting");
  expect(await Promise.all(crowd.map((id) => tenant.status(id)))).toEqual(["pending", "pending", "pending", "pending"]);
  // A kill of everything loses nobody's place.
  await running.restart();
  await go(urgent);
  expect((await tenant.until(crowd[0] ?? "", "waiting")).status).toBe("waiting");
  // One that is cancelled while it queues frees nothing and leaves the queue.
  expect((await tenant.call("POST", `/workflows/executions/${crowd[1]}/cancel`)).status).toBe(200);
  await go(other);
  expect((await tenant.until(crowd[2] ?? "", "waiting")).status).toBe("waiting");
  expect(await tenant.status(crowd[3] ?? "")).toBe("pending");
  await go(crowd[0] ?? "");
  await go(crowd[2] ?? "");
  await tenant.until(crowd[3] ?? "", "waiting");
  await go(crowd[3] ?? "");
  for (const id of [...first, urgent, other, ...crowd.filter((_, n) => n !== 1)])
    expect((await tenant.until(id, "completed")).status).toBe("completed");
  expect(await tenant.used("concurrent_executions")).toBe(0);
  expect(await tenant.used("queued_executions")).toBe(0);
});

test("a queue that is full answers 429, and a raise of the limit empties it", async () => {
  const tenant = await LimitedTenant.make(running, "queue", { concurrent_executions: 1, queued_executions: 2 });
  const ids = [];
  for (let n = 0; n < 3; n += 1) ids.push(await tenant.started(waits("a")));
  const refused = await tenant.start(waits("a"));
  expect(refused).toMatchObject({
    status: 429,
    body: { code: "RATE_LIMITED", details: { limit: "queued_executions", max: 2 } },
  });
  expect(refused.headers.get("retry-after")).toBe("5");
  await tenant.limit({ concurrent_executions: 5 });
  for (const id of ids) expect((await tenant.until(id, "waiting")).status).toBe("waiting");
  await tenant.started(waits("a"));
});

test("executions that steps start need no room of their own: a parent is never kept waiting by its child", async () => {
  const tenant = await LimitedTenant.make(running, "parents", { concurrent_executions: 1 });
  const published = await tenant.call("POST", "/workflows", {
    workflows: [{ name: "child", version: "1.0.0", steps: [CALL] }],
  });
  expect(published.status).toBe(201);
  const parent = { name: "parent", version: "1.0.0", steps: [{ id: "s", workflow: "child" }] };
  const done = await tenant.start(parent, { execution_mode: "sync" });
  expect(done).toMatchObject({ status: 200, body: { status: "completed" } });
});

test("a start for later takes its room when its time has come", async () => {
  const tenant = await LimitedTenant.make(running, "later", { concurrent_executions: 1 });
  const later = await tenant.started(waits("a"), { delay: "5s" });
  const now = await tenant.started(waits("a"));
  expect((await tenant.until(now, "waiting")).status).toBe("waiting");
  await expect
    .poll(() => tenant.record(later))
    .toMatchObject({ status: "pending", waiting_for: { kind: "concurrency", limit: "concurrent_executions" } });
  await tenant.call("POST", `/workflows/executions/${now}/events`, { name: "go" });
  expect((await tenant.until(later, "waiting")).status).toBe("waiting");
});

test("whose concurrency key is free still needs room, and waits for it behind those that came before", async () => {
  const tenant = await LimitedTenant.make(running, "both", { concurrent_executions: 1 });
  const keyed = { ...waits("keyed"), concurrency: { key: "k", limit: 1, strategy: "queue" } };
  const go = (id: string) => tenant.call("POST", `/workflows/executions/${id}/events`, { name: "go" });
  const first = await tenant.started(keyed);
  expect((await tenant.until(first, "waiting")).status).toBe("waiting");
  const second = await tenant.started(keyed);
  expect(await tenant.record(second)).toMatchObject({ waiting_for: { kind: "concurrency", key: "keyed/k" } });
  const other = await tenant.started(waits("other"));
  await go(first);
  expect((await tenant.until(other, "waiting")).status).toBe("waiting");
  expect(await tenant.record(second)).toMatchObject({
    status: "pending",
    waiting_for: { kind: "concurrency", limit: "concurrent_executions" },
  });
  await go(other);
  expect((await tenant.until(second, "waiting")).status).toBe("waiting");
});

test("executions a month: exactly so many start, then 402 with the details, also of starts that come together", async () => {
  const tenant = await LimitedTenant.make(running, "month", { executions_per_month: 20 });
  const answers = await Promise.all(Array.from({ length: 30 }, () => tenant.start(calls("a"))));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(20);
  const refused = answers.filter(({ status }) => status === 402);
  expect(refused).toHaveLength(10);
  const now = new Date();
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  expect(refused[0]?.body).toMatchObject({
    code: "QUOTA_EXCEEDED",
    details: { quota: "executions_per_month", limit: 20, used: 20, resets_at: next.toISOString() },
  });
  expect(await tenant.used("executions_per_month")).toBe(20);
  await running.restart();
  expect((await tenant.start(calls("a"))).status).toBe(402);
  await tenant.limit({ executions_per_month: 21 });
  expect((await tenant.start(calls("a"), { execution_mode: "sync" })).status).toBe(200);
  expect((await tenant.start(calls("a"))).status).toBe(402);
});

test("a start that was refused does not take its Idempotency-Key", async () => {
  const tenant = await LimitedTenant.make(running, "keyed", { executions_per_month: 0 });
  const headers = { "idempotency-key": "once" };
  expect((await tenant.start(calls("a"), {}, headers)).status).toBe(402);
  await tenant.limit({ executions_per_month: 1 });
  const id = await tenant.started(calls("a"), {}, headers);
  expect(await tenant.started(calls("a"), {}, headers)).toBe(id);
  expect((await tenant.start(calls("a"))).status).toBe(402);
});

test("steps a month: what runs goes on past it, and nothing new starts", async () => {
  const tenant = await LimitedTenant.make(running, "steps", { steps_per_month: 5 });
  const done = await tenant.start(calls("a", 8), { execution_mode: "sync" });
  expect(done).toMatchObject({ status: 200, body: { status: "completed", usage: { step_runs: 8 } } });
  expect(await tenant.used("steps_per_month")).toBe(8);
  expect(await tenant.start(calls("a"))).toMatchObject({
    status: 402,
    body: { code: "QUOTA_EXCEEDED", details: { quota: "steps_per_month", limit: 5, used: 8 } },
  });
});

test("stored bytes: past them nothing new starts, what runs goes on, and a raise is felt at once", async () => {
  const tenant = await LimitedTenant.make(running, "stored", { stored_bytes: 500_000 });
  const large = { ...waits("a"), inputs: { text: { type: "string" } } };
  const inputs = { text: "x".repeat(100_000) };
  const started: string[] = [];
  let refused = await tenant.start(large, { inputs });
  while (refused.status === 202 && started.length < 20) {
    started.push(readText(refused.body, "execution_id"));
    refused = await tenant.start(large, { inputs });
  }
  expect(refused).toMatchObject({
    status: 402,
    body: { code: "QUOTA_EXCEEDED", details: { quota: "stored_bytes", limit: 500_000 } },
  });
  const used = await tenant.used("stored_bytes");
  expect(used).toBeGreaterThan(500_000);
  expect(used).toBeLessThan(1_200_000);
  // What is counted is bytes of what was given, each input once, and not some share or multiple of them.
  const given = started.length * inputs.text.length;
  expect(used).toBeGreaterThan(given);
  expect(used).toBeLessThan(given * 2);
  await tenant.call("POST", `/workflows/executions/${started[0]}/events`, { name: "go" });
  expect((await tenant.until(String(started[0]), "completed")).status).toBe("completed");
  expect((await tenant.start(large, { inputs, execution_mode: "isolated" })).status).toBe(402);
  await tenant.limit({ stored_bytes: 5_000_000 });
  expect((await tenant.start(large, { inputs })).status).toBe(202);
});

test("a reader whose connection breaks frees its place at once, one that left before it had anything too", async () => {
  const tenant = await LimitedTenant.make(running, "readers", { streams: 1 });
  const id = await tenant.started(waits("a"));
  await tenant.until(id, "waiting");
  const { hostname, port } = new URL(running.url);
  const request = `GET /workflows/executions/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.key}\r\n\r\n`;
  const connection = () => {
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    socket.write(request);
    return socket;
  };
  const open = async (): Promise<{ status: number; reset(): void }> => {
    const socket = connection();
    const [answer] = await once(socket, "data");
    return { status: Number(String(answer).split(" ")[1]), reset: () => void socket.resetAndDestroy() };
  };
  /** Whether there is room before the next keep-alive, which would find a reader gone too. */
  const isFree = async (): Promise<boolean> => {
    const until = Date.now() + 13_000;
    for (;;) {
      const { status, reset } = await open();
      reset();
      if (status === 200) return true;
      if (Date.now() > until) return false;
    }
  };
  const first = await open();
  expect([first.status, (await open()).status]).toEqual([200, 429]);
  first.reset();
  expect(await isFree()).toBe(true);
  for (let n = 0; n < 10; n += 1) {
    const hasty = connection();
    await new Promise((resolve) => setTimeout(resolve, n * 3));
    hasty.resetAndDestroy();
  }
  expect(await isFree(), "after the hasty").toBe(true);
});

test("isolated executions count as others do", async () => {
  const tenant = await LimitedTenant.make(running, "isolated", { executions_per_month: 2, concurrent_executions: 1 });
  const id = await tenant.started(waits("a"), { execution_mode: "isolated" });
  expect((await tenant.until(id, "waiting")).status).toBe("waiting");
  const queued = await tenant.started(waits("a"));
  expect(await tenant.status(queued)).toBe("pending");
  expect((await tenant.start(waits("a"))).status).toBe(402);
  await tenant.call("POST", `/workflows/executions/${id}/events`, { name: "go" });
  expect((await tenant.until(queued, "waiting")).status).toBe("waiting");
  expect(await tenant.used("executions_per_month")).toBe(2);
});
