import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { byHand } from "../support/by-hand.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type ServiceCall, WorkerService } from "./worker-service.ts";

/* Attempts that their services finish later, on a whole platform. */

let running: TestPlatform;
let service: WorkerService;
const HOST = "tasks.services:8080";

function action(name: string, more: object = {}) {
  const handler = { http: { url: `http://${HOST}/execute`, method: "POST" } };
  return { name, description: name, input: {}, output: {}, retry: { max_attempts: 1 }, handler, ...more };
}

const CONNECTOR = {
  connector: {
    type: "connector",
    kind: "http",
    name: "tasks",
    namespace: "acme",
    version: "1.0.0",
    displayName: "Tasks",
    description: "Finishes later",
  },
  actions: [
    action("work"),
    action("quick", { timeout: 8 }),
    action("again", { retry: { max_attempts: 2, backoff: "fixed", initial_delay_ms: 20, jitter: false } }),
    action("once", {
      timeout: 8,
      idempotent: false,
      retry: { max_attempts: 3, backoff: "fixed", initial_delay_ms: 20 },
    }),
    action("typed", { output: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } }),
    action("secret", {
      input: { type: "object", properties: { key: { type: "string", "x-secret": true } }, required: ["key"] },
    }),
  ],
};

beforeAll(async () => {
  service = await new WorkerService().start();
  running = await startTestPlatform({ hosts: { [HOST]: `127.0.0.1:${service.port}` }, services: false });
  expect((await ask("POST", "/plugins", CONNECTOR)).status).toBe(201);
}, 120_000);

afterAll(async () => {
  await running?.close();
  await service?.stop();
});

beforeEach(() => {
  service.calls.length = 0;
  service.answer = pending;
});

/** Answers with the token of the call. */
function pending(call: ServiceCall) {
  return { status: 202, body: { status: "pending", task_token: call.body.context.task_token } };
}

interface Answered {
  status: string;
  code?: string;
  execution_id: string;
  details?: Record<string, unknown>;
  result?: { outputs: { result?: unknown } };
  error?: { code: string; message: string; details?: Record<string, unknown> } | null;
  steps: { id: string; status: string; attempt: number; error: { code: string } | null }[];
  usage: { step_runs: number };
}

async function ask(method: string, path: string, body?: unknown, key: string | null = running.tenant.apiKey) {
  const response = await fetch(new URL(path, running.url), {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: Answered = JSON.parse(text);
  return { status: response.status, body: parsed, text };
}

/** To a door of a task: without a key. */
const tell = (token: unknown, verb: string, body: object = {}) =>
  ask("POST", `/tasks/${String(token)}/${verb}`, body, null);

async function start(name: string, input: object = {}, more: object = {}, mode = "async"): Promise<string> {
  const step = { id: "it", connector: "connector:acme/tasks@1.0.0", action: name, input, ...more };
  const workflow = { name: `Task ${name}`, steps: [step], outputs: { result: "{{ steps.it.output }}" } };
  const started = await ask("POST", "/workflows/executions", { definition: workflow, execution_mode: mode });
  expect(started.status, started.text).toBeLessThan(300);
  return started.body.execution_id;
}

async function called(count = 1): Promise<ServiceCall & { token: unknown }> {
  await expect.poll(() => service.calls.length).toBe(count);
  const call = service.calls[count - 1];
  if (call === undefined) throw new Error("no call");
  return { ...call, token: call.body.context.task_token };
}

const record = async (id: string) => (await ask("GET", `/workflows/executions/${id}`)).body;
const ended = async (id: string) => {
  await expect.poll(async () => (await record(id)).status).toMatch(/completed|failed|canceled|timed_out/);
  return record(id);
};
async function eventsOf(id: string) {
  const { text } = await ask("GET", `/workflows/executions/${id}/events`);
  const { data }: { data: { type: string; data: Record<string, unknown> }[] } = JSON.parse(text);
  return data;
}
/** Until the 202 is on the disk. */
const isPending = (id: string) =>
  expect.poll(async () => (await eventsOf(id)).map(({ type }) => type)).toContain("step.pending");

test("a service that answers 202 finishes the step later, once; who is late hears that it is over", async () => {
  const id = await start("work", { n: 1 });
  const { token, headers } = await called();
  expect(headers["x-smartify-task-token"]).toBe(token);
  await isPending(id);
  expect((await record(id)).steps).toMatchObject([{ id: "it", status: "running", attempt: 1 }]);
  const [first, second] = await Promise.all([
    tell(token, "complete", { data: { sum: 3 } }),
    tell(token, "complete", { data: { sum: 4 } }),
  ]);
  expect([first?.status, second?.status].sort()).toEqual([200, 409]);
  const { status, result, usage } = await ended(id);
  expect({ status, outputs: result?.outputs, runs: usage.step_runs }).toEqual({
    status: "completed",
    outputs: { result: { sum: first?.status === 200 ? 3 : 4 } },
    runs: 1,
  });
  for (const verb of ["complete", "fail", "heartbeat", "progress"])
    expect(await tell(token, verb), verb).toMatchObject({
      status: 409,
      body: { code: "CONFLICT", details: { step_status: "completed" } },
    });
  expect(service.calls).toHaveLength(1);
});

test("a whole envelope is taken, its usage counts, and a result that does not fit the schema fails the step", async () => {
  const one = await start("typed");
  const { token } = await called();
  expect(
    (await tell(token, "complete", { status: "success", data: { n: 2 }, usage: { input_tokens: 5, output_tokens: 7 } }))
      .status,
  ).toBe(200);
  expect(await ended(one)).toMatchObject({ result: { outputs: { result: { n: 2 } } }, usage: { ai_tokens: 12 } });
  const two = await start("typed");
  const late = await called(2);
  expect((await tell(late.token, "complete", { data: { n: "two" } })).status).toBe(200);
  expect((await ended(two)).error).toMatchObject({ code: "VALIDATION" });
});

test("fail carries the service's code, and is retried by the step's policy with a token of its own", async () => {
  const id = await start("again");
  const first = await called(1);
  expect(
    (await tell(first.token, "fail", { code: "UNAVAILABLE", message: "not now", details: { at: 1 } })).status,
  ).toBe(200);
  const second = await called(2);
  expect(second.token).not.toBe(first.token);
  expect(second.headers["idempotency-key"]).toBe(first.headers["idempotency-key"]);
  expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
  expect((await tell(first.token, "complete", { data: 1 })).status).toBe(409);
  expect((await tell(second.token, "fail", { code: "OUT_OF_PAPER", message: "no paper" })).status).toBe(200);
  expect((await ended(id)).error).toMatchObject({
    code: "BACKEND_ERROR",
    message: "no paper",
    details: { upstream_code: "OUT_OF_PAPER" },
  });
});

test("a token that the service made itself finishes the task, too, even before its answer was read", async () => {
  const own = `own-token-${Math.random().toString(36).slice(2)}-${Date.now()}`;
  service.answer = () => ({ status: 202, body: { status: "pending", task_token: own }, after: 150 });
  const id = await start("work");
  await called();
  // The door waits for the token that the answer is about to name.
  expect((await tell(own, "complete", { data: "mine" })).status).toBe(200);
  expect((await ended(id)).result?.outputs).toEqual({ result: "mine" });
  expect((await tell(own, "complete", { data: "again" })).status).toBe(409);
  const other = await start("work");
  expect((await ended(other)).error).toMatchObject({ code: "BACKEND_ERROR", details: { field: "task_token" } });
  service.answer = () => ({ status: 202, body: { status: "pending", task_token: "short" } });
  expect((await ended(await start("work"))).error).toMatchObject({
    code: "BACKEND_ERROR",
    details: { field: "task_token" },
  });
});

test("a result that comes before the 202 counts, and the 202 changes nothing then", async () => {
  const said = byHand();
  service.answer = (call) => ({ ...pending(call), after: said.promise });
  const id = await start("work");
  const { token } = await called();
  expect((await tell(token, "complete", { data: "early" })).status).toBe(200);
  expect((await ended(id)).result?.outputs).toEqual({ result: "early" });
  const before = service.answered;
  said.resolve();
  await expect.poll(() => service.answered).toBe(before + 1);
  await sleep(500);
  expect((await eventsOf(id)).map(({ type }) => type)).not.toContain("step.pending");
});

test("without a result the action's timeout ends the attempt; one that must not be repeated fails as unknown", async () => {
  const [quick, once] = [await start("quick"), await start("once")];
  expect((await ended(quick)).error).toMatchObject({ code: "TIMEOUT", details: { reason: "task", timeout_ms: 8_000 } });
  expect((await ended(once)).error).toMatchObject({
    code: "UNAVAILABLE",
    details: { reason: "outcome_unknown", cause: "TIMEOUT" },
  });
  expect(service.calls).toHaveLength(2);
  expect((await tell(service.calls[0]?.body.context.task_token, "complete", { data: 1 })).status).toBe(409);
});

test("a declared heartbeat must come; as long as it comes, or progress does, the attempt goes on", async () => {
  service.answer = (call) => ({ status: 202, body: { ...pending(call).body, heartbeat_timeout: 8 } });
  const [silent, alive] = [await start("work", { n: 1 }), await start("work", { n: 2 })];
  await called(2);
  const token = service.calls.find(({ body }) => body.input.n === 2)?.body.context.task_token;
  await isPending(alive);
  // A quarter of its time is added to a heartbeat's.
  const until = performance.now() + 10_500;
  const percents: number[] = [];
  for (let beat = 1; performance.now() < until; beat += 1) {
    await sleep(500);
    const told =
      beat % 2 === 0
        ? await tell(token, "heartbeat")
        : await tell(token, "progress", { percent: beat, message: `beat ${beat}` });
    if (beat % 2 === 1) percents.push(beat);
    expect(told.status, told.text).toBe(200);
  }
  expect((await ended(silent)).error).toMatchObject({ code: "TIMEOUT", details: { reason: "heartbeat" } });
  expect((await tell(token, "complete", { data: "done" })).status).toBe(200);
  expect((await ended(alive)).status).toBe("completed");
  const progress = (await eventsOf(alive)).filter(({ type }) => type === "step.progress");
  expect(progress.map(({ data }) => data.percent)).toEqual(percents);
});

test("a secret that the service got does not come back by its task", async () => {
  await ask("PUT", "/secrets/TASK_KEY", { value: "sk-task-1234567890" });
  const id = await start("secret", { key: "{{ secrets.TASK_KEY }}" });
  const { token, body } = await called();
  expect(body.input.key).toBe("sk-task-1234567890");
  const said = await tell(token, "progress", { percent: 5, message: "reading with sk-task-1234567890" });
  expect(said.status, said.text).toBe(200);
  await expect
    .poll(async () => (await eventsOf(id)).find(({ type }) => type === "step.progress")?.data)
    .toMatchObject({ percent: 5, message: "reading with ***" });
  await isPending(id);
  // It was rotated meanwhile: what the service has is still a secret.
  await ask("PUT", "/secrets/TASK_KEY", { value: "sk-rotated-555555" });
  await tell(token, "complete", { data: { echo: "I got sk-task-1234567890", token } });
  const done = await ended(id);
  expect(JSON.stringify(done.result)).toContain("***");
  expect(JSON.stringify([done, await eventsOf(id)])).not.toContain("sk-task-1234567890");
  expect(JSON.stringify(done.result)).not.toContain(String(token));
});

test("canceling ends a pending attempt: the service hears it with its next word", async () => {
  const id = await start("work");
  const { token } = await called();
  await isPending(id);
  expect((await ask("POST", `/workflows/executions/${id}/cancel`, {})).status).toBe(200);
  expect((await ended(id)).status).toBe("canceled");
  expect(await tell(token, "heartbeat")).toMatchObject({ status: 409, body: { details: { step_status: "canceled" } } });
});

test("an isolated execution's task is finished in its own isolate", async () => {
  const id = await start("work", {}, {}, "isolated");
  const { token } = await called();
  await isPending(id);
  expect((await tell(token, "complete", { data: 1 })).status).toBe(200);
  expect((await ended(id)).result?.outputs).toEqual({ result: 1 });
});

test("a pending attempt survives kill -9 without being called again, and is finished after it", async () => {
  const [id, isolated] = [await start("work"), await start("work", {}, {}, "isolated")];
  await called(2);
  await isPending(id);
  await isPending(isolated);
  await running.restart();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await record(id)).status).toBe("running");
  expect(service.calls).toHaveLength(2);
  for (const { body } of service.calls)
    expect((await tell(body.context.task_token, "complete", { data: "after" })).status).toBe(200);
  expect((await ended(id)).result?.outputs).toEqual({ result: "after" });
  expect((await ended(isolated)).result?.outputs).toEqual({ result: "after" });
}, 60_000);

test("forged, altered and cut tokens are unknown, and an address that sends many of them is slowed down", async () => {
  await start("work");
  const { token } = await called();
  const text = String(token);
  const swapped = text.replace(/^task_(.)/, (_, letter: string) => `task_${letter === "a" ? "b" : "a"}`);
  for (const bad of [
    swapped,
    text.slice(0, -1),
    `${text.slice(0, -1)}${text.endsWith("0") ? "z" : "0"}`,
    "task_abc.def",
    "x",
    "%F0%9F%98%80",
  ]) {
    const told = await tell(bad, "complete", { data: 1 });
    expect([400, 404], `${bad}: ${told.text}`).toContain(told.status);
  }
  expect((await tell(token, "complete", "no json" as unknown as object)).status).toBe(400);
  expect((await tell(token, "progress", { percent: 200 })).status).toBe(400);
  expect((await ask("GET", `/tasks/${text}/complete`, undefined, null)).status).toBe(405);
  // The address gets ten further tries a second while these come, and they take a second at least: so until it is slowed
  // down, and more at a time than it is given meanwhile.
  const statuses: number[] = [];
  for (let rounds = 0; rounds < 12 && !statuses.includes(429); rounds += 1) {
    const flood = await Promise.all(Array.from({ length: 250 }, () => tell("task_forged.token", "heartbeat")));
    statuses.push(...flood.map(({ status }) => status));
  }
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
  expect(statuses.filter((status) => status === 404).length, "not before its 200 tries").toBeGreaterThanOrEqual(190);
});
