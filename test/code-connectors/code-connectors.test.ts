import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { runInline, send } from "../platform/api-client.ts";
import { ESCAPES } from "./escapes.ts";
import { keptStub } from "./kept-stub.ts";

/* Published modules on the real platform: what they can do, and forty-odd ways in which they cannot do more. */

const SECRET = "canary-secret-7f31c9";
const CREDENTIAL = "canary-credential-52aa0b";
const STUCK_MS = 6_000;
let service: Server;
let platform: TestPlatform;
/** Requests that came to a host nobody declared, or that no rule lets anyone reach. */
let canaryHits = 0;
let seen: Record<string, unknown>[] = [];
/** Requests to /busy that are there at once, and were. */
const busy = { now: 0, most: 0 };

beforeAll(async () => {
  service = createServer((request, response) => {
    if (request.headers.host?.startsWith("canary") || request.url?.startsWith("/canary")) canaryHits += 1;
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { url = "", method, headers } = request;
      seen.push({ url, method, headers, body });
      if (url.startsWith("/redirect")) response.writeHead(302, { location: "http://canary.test:8080/canary" }).end();
      else if (url.startsWith("/inward"))
        response.writeHead(302, { location: `http://127.0.0.1:${portOf()}/canary` }).end();
      else if (url.startsWith("/slow")) setTimeout(() => response.end("{}"), 400);
      else if (url.startsWith("/busy")) {
        busy.now += 1;
        busy.most = Math.max(busy.most, busy.now);
        setTimeout(() => {
          busy.now -= 1;
          response.end("{}");
        }, 60);
      } else
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ url, headers, body }));
    });
  });
  await new Promise<void>((listening) => service.listen(0, "127.0.0.1", listening));
  const here = `127.0.0.1:${portOf()}`;
  platform = await startTestPlatform({
    services: false,
    hosts: { "api.test:8080": here, "canary.test:8080": here },
    vars: { SANDBOX_STUCK_MS: String(STUCK_MS) },
  });
  await send(platform, "PUT", "/secrets/KEY", { value: SECRET });
});
afterAll(async () => {
  await platform?.close();
  service?.closeAllConnections();
  service?.close();
});

function portOf(): number {
  return (service.address() as AddressInfo).port;
}

let published = 0;

/** A connector of one action. `context` and `runtime` stand in its block, other members beside it. */
function fileOf(
  name: string,
  module: string,
  code: object = {},
  { namespace = "acme", context, runtime, ...more }: { [member: string]: unknown } = {},
): object {
  return {
    connector: { type: "connector", kind: "code", name, namespace, version: "1.0.0", context, runtime },
    ...more,
    actions: [{ name: "act", handler: { code: { module, hosts: ["api.test"], ...code } } }],
  };
}

/** Publishes a connector of one action and answers how to refer to it. */
async function publish(module: string, code: object = {}, more: Parameters<typeof fileOf>[3] = {}): Promise<string> {
  published += 1;
  const name = `code-${published}`;
  await send(platform, "POST", "/connectors", fileOf(name, module, code, more));
  return `connector:acme/${name}`;
}

function workflow(connector: string, input: object = {}, step: object = {}): object {
  return {
    name: "code",
    steps: [{ id: "call", connector, action: "act", input, retry: { max_attempts: 1 }, ...step }],
    outputs: { output: "{{ steps.call.output }}" },
  };
}

async function run(connector: string, input: object = {}, step: object = {}) {
  const record = await runInline(platform, workflow(connector, input, step), "async");
  const error = record.steps.find((it) => it.error !== null)?.error ?? record.error;
  return { record, output: record.result?.outputs.output, error };
}

async function eventsOf(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const answer = await fetch(`${platform.url}/workflows/executions/${id}/events`, {
    headers: { authorization: `Bearer ${platform.tenant.apiKey}`, accept: "text/event-stream" },
  });
  const text = await answer.text();
  return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice(6))] : []));
}

test("a published module greets, says what it does, and gets ids, attempt, deadline and key", async () => {
  const connector = await publish(
    `
    import { hello } from "./lib/words.js";
    export async function act(input, context) {
      context.log.info("greeting", { name: input.name });
      context.progress(50, "half");
      return { text: hello(input.name), ids: [context.execution_id, context.step_name, context.attempt], key: context.idempotency_key, deadline: context.deadline };
    }`,
    {},
    { modules: { "lib/words.js": "export const hello = (name) => `Hello, ${name}`;" } },
  );
  const { record, output } = await run(connector, { name: "Ada" });
  expect(output).toMatchObject({
    text: "Hello, Ada",
    ids: [record.execution_id, "call", 1],
    key: `${record.execution_id}:1:call`,
    deadline: expect.stringMatching(/^20/),
  });
  const events = await eventsOf(record.execution_id);
  expect(events.find(({ type }) => type === "log")?.data).toMatchObject({ level: "info", message: "greeting" });
  expect(events.find(({ type }) => type === "step.progress")?.data).toMatchObject({ percent: 50, message: "half" });
});

test("its requests carry the connection's credential, which it never sees, and stand in the log", async () => {
  seen = [];
  const connector = await publish(
    `export async function act() {
      const answer = await fetch("/v1/me?x=1", { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "content-type": "application/json" } });
      return { status: answer.status, body: await answer.json() };
    }`,
    { hosts: ["connection"] },
    { auth: { type: "bearer", test: "act" } },
  );
  const without = await publish("export const act = () => 1;", {}, { auth: { type: "bearer" } });
  expect((await run(without)).error).toMatchObject({ code: "UNAVAILABLE", details: { reason: "connection" } });
  const made = await send<{ id: string }>(platform, "POST", "/connections", {
    connector: connector.slice("connector:".length),
    name: "default",
    type: "BEARER",
    values: { token: CREDENTIAL, base_url: "http://api.test:8080/base" },
  });
  // Its test runs the code, in the tenant's sandbox, though no workflow has pinned it yet.
  const tested = { ok: true, checked: "call", message: "act answered." };
  expect(await send(platform, "POST", `/connections/${made.id}/test`, {})).toEqual(tested);
  expect(seen[0]).toMatchObject({ url: "/base/v1/me?x=1", headers: { authorization: `Bearer ${CREDENTIAL}` } });
  seen = [];
  const { record, output, error } = await run(connector);
  expect(error ?? null).toBeNull();
  expect(seen[0]).toMatchObject({
    url: "/base/v1/me?x=1",
    method: "POST",
    body: '{"a":1}',
    headers: { authorization: `Bearer ${CREDENTIAL}`, "x-smartify-execution-id": record.execution_id },
  });
  expect(output).toMatchObject({ status: 200, body: { headers: { authorization: expect.stringContaining("***") } } });
  const events = await eventsOf(record.execution_id);
  expect(events.find(({ type }) => type === "log")?.data).toMatchObject({
    message: expect.stringMatching(/^POST api\.test → 200/),
    context: { method: "POST", host: "api.test", status: 200 },
  });
  expect(JSON.stringify([record, events])).not.toContain(CREDENTIAL);
  expect(record.usage.egress_bytes).toBeGreaterThan(50);
});

test("a secret is a handle, replaced in the declared position to the declared host", async () => {
  seen = [];
  const connector = await publish(
    `export async function act(input, context) {
      await fetch("http://api.test:8080/s", { headers: { authorization: "Bearer " + context.secrets.KEY } });
      return { handle: context.secrets.KEY };
    }`,
    { secrets: [{ name: "KEY", in: ["header:authorization"] }] },
  );
  const { output, record } = await run(connector);
  expect(seen[0]).toMatchObject({ headers: { authorization: `Bearer ${SECRET}` } });
  expect(output).toMatchObject({ handle: expect.stringMatching(/^smartify-secret-[0-9a-f]{32}$/) });
  expect(JSON.stringify(record)).not.toContain(SECRET);
});

test("what is wrong with a module is said when it is published, with its line in the file", async () => {
  const file = (module: string) =>
    `connector: { type: connector, name: wrong, namespace: acme, version: 1.0.0 }\nactions:\n  - name: act\n    handler:\n      code:\n        module: |\n${module
      .split("\n")
      .map((line) => `          ${line}\n`)
      .join("")}`;
  const refused = async (module: string) => {
    const answer = await fetch(`${platform.url}/connectors`, {
      method: "POST",
      headers: { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/yaml" },
      body: file(module),
    });
    expect(answer.status).toBe(400);
    return ((await answer.json()) as { details: { problems: object[] } }).details.problems;
  };
  expect(await refused("export async function act() {\n  return 1 +;\n}")).toMatchObject([
    { path: "/actions/0/handler/code/module", line: 8, message: expect.stringContaining("line 2, column 13") },
  ]);
  expect(await refused('import fs from "node:fs";\nexport const act = 1;')).toMatchObject([{ line: 7 }]);
  expect(await refused("export const other = 1;")).toMatchObject([{ message: expect.stringContaining('"act"') }]);
});

test("it is told of the run what its connector declares, and nothing more", async () => {
  await send(platform, "PUT", "/env/LEVEL", { value: 3 });
  await send(platform, "PUT", "/env/OTHER", { value: "not declared" });
  const module = `export function act(input, { log, progress, fail, ...context }) {
    return { keys: Object.keys(context).sort(), inputs: context.inputs, steps: context.previous_steps, env: context.environment };
  }`;
  const declaring = await publish(
    module,
    {},
    {
      context: ["inputs", "environment", { previous_steps: ["one", "later", "no_such_step"] }],
      runtime: { environment: [{ name: "LEVEL" }, { name: "REGION", default: "eu" }] },
    },
  );
  const silent = await publish(module);
  const definition = {
    name: "context",
    inputs: { city: { type: "string", default: "Oslo" } },
    steps: [
      { id: "one", connector: silent, action: "act" },
      { id: "two", connector: silent, action: "act" },
      { id: "call", connector: declaring, action: "act" },
      { id: "later", connector: silent, action: "act" },
    ],
    outputs: { told: "{{ steps.call.output }}", silent: "{{ steps.one.output }}" },
  };
  const { result } = await runInline(platform, definition, "async");
  const ids = ["attempt", "connection", "deadline", "execution_id", "execution_mode", "idempotency_key", "secrets"];
  ids.push("step_name", "trace", "workflow_id", "workflow_name", "workflow_version");
  const { told, silent: untold } = (result?.outputs ?? {}) as Record<string, { keys: string[] }>;
  expect(untold).toMatchObject({ keys: ids });
  expect(told).toEqual({
    keys: [...ids, "environment", "inputs", "previous_steps"].sort(),
    inputs: { city: "Oslo" },
    steps: { one: { output: untold, status: "success" } },
    env: { LEVEL: 3, REGION: "eu" },
  });
});

test("as many calls of a connection run at once as its connector says, the others wait", async () => {
  const resources = { concurrent: 2 };
  const module = 'export async function act() { await fetch("http://api.test:8080/busy"); return 1; }';
  const connector = await publish(module, {}, { runtime: { resources } });
  const loop = { for_each: "{{ range(8) }}", parallel: true };
  busy.most = 0;
  expect((await run(connector, {}, loop)).error ?? null).toBeNull();
  expect(busy.most).toBe(2);
  // Ten where it says nothing.
  const usual = await publish(module);
  busy.most = 0;
  expect((await run(usual, {}, { for_each: "{{ range(25) }}", parallel: true })).error ?? null).toBeNull();
  expect(busy.most).toBeGreaterThan(2);
  expect(busy.most).toBeLessThanOrEqual(10);
});

test("a call that takes all memory ends with an error that says so; others are tried again, and the platform stays", async () => {
  // What it takes is touched, and kept while the watchdog looks.
  const hog = await publish(`export async function act() {
    const taken = [];
    while (taken.length < 16) {
      taken.push(new Uint8Array(25_000_000).fill(1));
      await new Promise((later) => setTimeout(later, 5));
    }
    await new Promise((later) => setTimeout(later, 20_000));
    return taken.length;
  }`);
  expect((await run(hog)).error).toMatchObject({ code: "VALIDATION", details: { limit: "memory" } });
  const fine = await publish("export const act = () => 42;");
  await expect.poll(async () => (await run(fine)).output, { timeout: 30_000 }).toBe(42);
  const patient = await publish(
    'export async function act() { await new Promise((later) => setTimeout(later, 1_200)); return "done"; }',
  );
  // The sandbox may take its time to come back: its tries outlast that.
  const beside = run(patient, {}, { retry: { max_attempts: 10, initial_delay_ms: 1_000, backoff: "fixed" } });
  await new Promise((later) => setTimeout(later, 200));
  const again = await run(hog);
  expect(again.error).toMatchObject({ details: { limit: "memory" } });
  expect((await beside).output).toBe("done");
  expect((await fetch(`${platform.url}/healthz`)).status).toBe(200);
  // On a crowded machine what ran beside may be done before there is too much memory: the next test's calls come to a new sandbox.
  await expect.poll(async () => (await run(fine)).output, { timeout: 30_000 }).toBe(42);
});

test("executions share a warm isolate, but an isolated one has its own, and another tenant or environment never meets it", async () => {
  const module = "let calls = 0; export function act() { calls += 1; return calls; }";
  const connector = await publish(module);
  const first = Number((await run(connector)).output);
  expect(first).toBeGreaterThan(0);
  expect(Number((await run(connector)).output)).toBe(first + 1);
  const isolated = await runInline(platform, workflow(connector), "isolated");
  expect(isolated.result?.outputs.output).toBe(1);
  expect(isolated.steps[0]?.isolate).toMatch(/^[0-9a-f-]{36}$/);
  const again = await runInline(platform, workflow(connector), "isolated");
  expect(again.result?.outputs.output).toBe(1);
  expect(again.steps[0]?.isolate).not.toBe(isolated.steps[0]?.isolate);
  // The same names, the same modules: nothing is shared with whoever publishes them elsewhere.
  const other = await platform.newTenant("other");
  const { key } = await send<{ key: string }>(platform, "POST", "/keys", {
    name: "test",
    environment: "test",
    scopes: ["connectors:write", "executions:read", "executions:write"],
  });
  for (const apiKey of [other.apiKey, key]) {
    const elsewhere = { ...platform, tenant: { ...platform.tenant, apiKey }, url: platform.url };
    await send(elsewhere, "POST", "/connectors", fileOf("same", module, {}, { namespace: "elsewhere" }));
    const record = await runInline(elsewhere, workflow("connector:elsewhere/same"), "async");
    expect(record.result?.outputs.output, JSON.stringify(record.error)).toBe(1);
  }
});

keptStub({ publish, run, eventsOf, canaryHits: () => canaryHits });

test("a flood of lines is bounded in the execution's events, and says that it was", async () => {
  const connector = await publish(
    'export function act() { for (let i = 0; i < 3_000; i += 1) console.log("line " + i, { n: i }); return 1; }',
  );
  const { record, output } = await run(connector);
  expect(output).toBe(1);
  const lines = (await eventsOf(record.execution_id)).filter(({ type }) => type === "log");
  // What comes at once is cut to a hundred by the execution's own object; a call may say five hundred in all.
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.length).toBeLessThanOrEqual(510);
  expect(lines[0]?.data).toMatchObject({ message: 'line 0 {"n":0}' });
  expect(lines.at(-1)?.data).toMatchObject({ level: "warn", message: expect.stringContaining("left out") });
});

test("errors of the code keep their code and message and show no stack", async () => {
  const connector = await publish(
    'export function act(input, context) { context.fail("CONFLICT", "taken", { by: "somebody" }); }',
  );
  expect((await run(connector)).error).toMatchObject({ code: "CONFLICT", message: "taken" });
  const other = await publish('export function act() { throw new TypeError("broken"); }');
  const { error } = await run(other);
  expect(error).toMatchObject({ code: "BACKEND_ERROR", message: "TypeError: broken" });
  expect(JSON.stringify(error)).not.toContain("modules/");
});

test.each(ESCAPES)("no way out: $name", async ({ module, code, expected }) => {
  const before = canaryHits;
  const connector = await publish(module, code);
  const { record, output, error } = await run(connector, { port: portOf() });
  expected({ output, error });
  expect(canaryHits, "the canary").toBe(before);
  expect(JSON.stringify(record)).not.toContain(SECRET);
});

test("an endless loop ends with TIMEOUT; executions without code go on meanwhile, and code runs again afterwards", async () => {
  const loop = await publish("export function act() { for (;;); }");
  const stuck = run(loop);
  await new Promise((later) => setTimeout(later, 300));
  const health = fetch(`${platform.url}/healthz`).then(({ status }) => status);
  expect(await Promise.race([stuck.then(() => "over"), health])).toBe(200);
  expect((await stuck).error).toMatchObject({ code: "TIMEOUT", details: { limit: "cpu_ms", timeout_ms: STUCK_MS } });
  const fine = await publish("export const act = () => 42;");
  await expect.poll(async () => (await run(fine)).output, { timeout: 30_000 }).toBe(42);
});

test("a call that takes too long, or waits for ever, ends with TIMEOUT", async () => {
  const never = await publish("export const act = () => new Promise(() => undefined);");
  expect((await run(never)).error).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("never") });
  const connector = await publish("export const act = () => new Promise((done) => setTimeout(done, 60_000));", {
    timeout_ms: 300,
  });
  expect((await run(connector)).error).toMatchObject({ code: "TIMEOUT", details: { timeout_ms: 300 } });
});
