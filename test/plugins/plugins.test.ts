import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FIRST_PARTY } from "../../connectors/first-party/all-connectors.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import { readConnector } from "../../connectors/manifest/read-connector.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { start as startReceiver } from "../../examples/services/receiver/server.ts";
import { start as startWeather } from "../../examples/services/weather/server.ts";
import { bundleWorker } from "../../scripts/platform/bundle.ts";
import { seal } from "../../vault/vault.ts";
import type { CallerRequest } from "./caller-request.ts";

const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");
const context: CallContext = {
  tenantId: "ten_1",
  environment: "live",
  executionId: "exec_1",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};

let miniflare: Miniflare;
let url: URL;
let slow: Server;
let closeServices: (() => Promise<void>)[] = [];

/** A server that does what servers should not: closes without an answer, never answers, never ends, answers too much. */
function badServer(): Server {
  return createServer((request, response) => {
    if (request.url === "/reset") request.socket.destroy();
    else if (request.url === "/endless") {
      response.writeHead(200, { "content-type": "text/plain" });
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    } else if (request.url === "/large") response.end(Buffer.alloc(7 * 1024 * 1024));
    else if (request.url === "/redirect")
      response.writeHead(302, { location: `http://127.0.0.1:${portOf(slow)}/canary` }).end();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const port = portOf(server);
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}

async function workerOf(entry: string): Promise<MiniflareOptions["workers"][number]["config"]["manifest"]> {
  return { mainModule: "main.js", modules: { "main.js": { type: "esm", contents: await bundleWorker(entry) } } };
}

const TENANT = { type: "durable-object", worker: "caller", exportName: "Tenant" } as const;
const TASK_TOKENS = { type: "durable-object", worker: "caller", exportName: "TaskTokens" } as const;
const SERVICES = { type: "durable-object", worker: "caller", exportName: "Services" } as const;

beforeAll(async () => {
  slow = badServer();
  await new Promise<void>((done) => slow.listen(0, "127.0.0.1", done));
  const weather = await startWeather({ port: 0 });
  const receiver = await startReceiver({ port: 0 });
  closeServices = [weather.close, receiver.close];
  const hosts = {
    "weather-service:8000": `127.0.0.1:${weather.port}`,
    "receiver:8080": `127.0.0.1:${receiver.port}`,
    "bad:8080": `127.0.0.1:${portOf(slow)}`,
    "nobody:8080": `127.0.0.1:${await freePort()}`,
  };
  const text = (value: string) => ({ type: "text" as const, value });
  const compatibilityDate = "2026-10-23";
  miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    log: new Log(LogLevel.ERROR),
    workers: [
      {
        config: {
          name: "caller",
          compatibilityDate,
          manifest: await workerOf("test/workers/caller.ts"),
          env: {
            TOOLBOX_PLUGIN: { type: "worker", worker: "toolbox" },
            HTTP_PLUGIN: { type: "worker", worker: "http" },
            TENANT,
          },
          exports: {
            Tenant: { type: "durable-object", storage: "sqlite" },
            Services: { type: "durable-object", storage: "sqlite" },
            TaskTokens: { type: "durable-object", storage: "sqlite" },
          },
        },
      },
      {
        config: {
          name: "toolbox",
          compatibilityDate,
          manifest: await workerOf("workers/plugins/toolbox/main.ts"),
          env: { LOADER: { type: "worker-loader" } },
        },
      },
      {
        config: {
          name: "http",
          compatibilityDate,
          compatibilityFlags: ["global_fetch_strictly_public"],
          manifest: await workerOf("workers/plugins/http/main.ts"),
          env: {
            TENANT,
            SERVICES,
            TASK_TOKENS,
            MASTER_KEY: text(MASTER_KEY),
            ENVIRONMENT_NAME: text("development"),
            DEVELOPMENT_HOSTS: text(JSON.stringify(hosts)),
          },
        },
      },
    ],
  });
  url = await miniflare.ready;
});

afterAll(async () => {
  await miniflare?.dispose();
  for (const close of closeServices) await close();
  slow?.closeAllConnections();
  slow?.close();
});

async function ask<Answer>(request: CallerRequest): Promise<Answer> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(request) });
  if (!response.ok) throw new Error(await response.text());
  const answer: Answer = await response.json();
  return answer;
}

function example(name: string, action: string): ActionCall["action"] {
  const { manifest } = readConnector(readFileSync(`examples/${name}/connector.yaml`, "utf8"), "yaml");
  const pinned = manifest && pinAction(manifest, action);
  if (pinned === undefined) throw new Error(`no ${name}.${action}`);
  return pinned;
}

function firstParty(name: string, action: string): ActionCall["action"] {
  const manifest = FIRST_PARTY.find((own) => own.name === name);
  const pinned = manifest && pinAction(manifest, action);
  if (pinned === undefined) throw new Error(`no ${name}.${action}`);
  return pinned;
}

function callOf(action: ActionCall["action"], input: Json, timeoutMs = 5_000): ActionCall {
  return {
    path: "step",
    stepId: "step",
    attempt: 1,
    action,
    input,
    idempotencyKey: "exec_1:1:step",
    timeoutMs,
    deadline: Date.now() + timeoutMs,
  };
}

async function invoke(call: ActionCall, as: CallContext = context): Promise<ActionResult> {
  const [result] = await ask<ActionResult[]>({ kind: "invoke", calls: [call], context: as });
  if (result === undefined) throw new Error("no result");
  return result;
}

const get = (target: string, more: Record<string, Json> = {}, timeoutMs?: number) =>
  invoke(callOf(firstParty("http", "get"), { url: target, ...more }, timeoutMs));

describe("in workerd", () => {
  test("the toolbox computes", async () => {
    expect(await invoke(callOf(firstParty("calculator", "add"), { a: 2, b: 3 }))).toMatchObject({
      ok: true,
      output: { result: 5 },
    });
    expect(await invoke(callOf(firstParty("calculator", "divide"), { a: 2, b: 0 }))).toMatchObject({
      ok: false,
      error: { code: "VALIDATION" },
    });
  });

  test("a service answers through its envelope, many at once", async () => {
    const cities = [
      "San Francisco",
      "New York",
      "London",
      ...Array.from({ length: 27 }, (_, index) => `Town ${index}`),
    ];
    const calls = cities.map((location) => callOf(example("weather", "get_current_weather"), { location }));
    const results = await ask<ActionResult[]>({ kind: "invoke", calls, context });
    expect(results.map((result) => result.ok && result.output)).toMatchObject(
      cities.map((location) => ({ location, status: "success" })),
    );
    expect(results[2]).toMatchObject({ output: { temperature: 8.4, windspeed: 14.8 } });
  });

  test("a service's own error keeps its code", async () => {
    const result = await invoke(callOf(example("weather", "get_current_weather"), { location: "Atlantis" }));
    expect(result).toMatchObject({ ok: false, error: { code: "NOT_FOUND", details: { upstream_code: "NOT_FOUND" } } });
  });

  test("the http connector reads a health check", async () => {
    expect(await get("http://weather-service:8000/healthz")).toMatchObject({
      ok: true,
      output: { status: 200, body: { status: "ok" } },
    });
  });

  test("a declarative connector signs in with the sealed connection of its own tenant alone", async () => {
    const place = { tenantId: "ten_1", purpose: "connection", id: "conn_1" };
    const sealed = await seal(MASTER_KEY, place, JSON.stringify({ token: "xoxb-123456" }));
    const connection = {
      id: "conn_1",
      connector: "community/slack",
      name: "default",
      type: "BEARER",
      config: { base_url: "http://receiver:8080/slack" },
      sealed,
    };
    await ask({ kind: "connection", tenant: "global/ten_1/live", connection });
    await ask({ kind: "connection", tenant: "global/ten_2/live", connection });
    const call = callOf(firstParty("slack", "post_message"), { channel: "#a", text: "hello {{ x }} ${y}" });
    expect(await invoke(call)).toMatchObject({ ok: true, output: { ok: true } });
    const shown = await get("http://receiver:8080/received", { query: { path: "/slack" } });
    const received = shown.ok ? JSON.stringify(shown.output) : "";
    expect(received).toContain('"authorization":"Bearer xoxb-123456"');
    expect(received).toContain("hello {{ x }} ${y}");
    expect(received).toContain('"idempotency-key":"exec_1:1:step"');
    const foreign = await invoke(call, { ...context, tenantId: "ten_2" });
    expect(foreign).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
    expect(await invoke(call, { ...context, environment: "test" })).toMatchObject({
      ok: false,
      permanent: true,
      error: { details: { reason: "connection" } },
    });
  });

  test("functions that read a library at their first use compute in an isolate that has none of Node", async () => {
    const inputs: [string, string, JsonObject, Json][] = [
      [
        "datetime",
        "add",
        { at: "2026-03-28T09:00", days: 1, zone: "Europe/Berlin" },
        { iso: "2026-03-29T09:00:00.000+02:00" },
      ],
      ["csv", "parse", { text: "a,b\n1,2\n" }, { rows: [{ a: "1", b: "2" }] }],
      ["csv", "format", { rows: [{ a: 1 }], newline: "\n" }, { text: "a\n1" }],
      ["json", "patch", { data: {}, patch: [{ op: "add", path: "/a", value: 1 }] }, { data: { a: 1 } }],
      ["crypto", "hash", { data: "abc", algorithm: "sha1" }, { hash: "a9993e364706816aba3e25717850c26c9cd0d89d" }],
    ];
    for (const isolated of [false, true]) {
      for (const [connector, action, input, wanted] of inputs) {
        const result = await invoke(callOf(firstParty(connector, action), input), { ...context, isolated });
        expect([connector, action, isolated, result]).toMatchObject([
          connector,
          action,
          isolated,
          { ok: true, output: wanted },
        ]);
      }
    }
  });

  test("functions that see a secret run where secrets are opened, and give nothing of them away", async () => {
    const key = "a key of at least thirty-two bytes!!";
    const sealed = await seal(MASTER_KEY, { tenantId: "ten_1", purpose: "secret", id: "SIGNING" }, key);
    await ask({ kind: "secret", tenant: "global/ten_1/live", name: "SIGNING", sealed });
    const secret = { $secret: { name: "SIGNING" } };
    const hmac = await invoke(callOf(firstParty("crypto", "hmac"), { data: "x", key: secret }));
    const wanted = createHmac("sha256", key).update("x").digest("hex");
    expect(hmac).toMatchObject({ ok: true, output: { hmac: wanted } });
    const claims = { sub: "7", echo: key };
    const token = await invoke(callOf(firstParty("crypto", "jwt_sign"), { claims, key: secret, algorithm: "HS256" }));
    expect(token.ok).toBe(true);
    const sign = await invoke(callOf(firstParty("crypto", "sign"), { data: "x", private_key: secret }));
    expect(sign).toMatchObject({ ok: false, error: { code: "VALIDATION" } });
    expect(JSON.stringify([hmac, token, sign])).not.toContain(key);
    const foreign = await invoke(callOf(firstParty("crypto", "hmac"), { data: "x", key: secret }), {
      ...context,
      tenantId: "ten_2",
    });
    expect(foreign).toMatchObject({ ok: false, error: { code: "VALIDATION", details: { secret: "SIGNING" } } });
  });

  test("a secret is opened for its request and masked in the answer", async () => {
    const sealed = await seal(MASTER_KEY, { tenantId: "ten_1", purpose: "secret", id: "KEY" }, "canary-5577");
    await ask({ kind: "secret", tenant: "global/ten_1/live", name: "KEY", sealed });
    const headers = { "X-Key": { $secret: { fn: "concat", args: ["k=", { $secret: { name: "KEY" } }] } } };
    const posted = await invoke(
      callOf(firstParty("http", "post"), { url: "http://receiver:8080/secret", headers, body: {} }),
    );
    expect(posted.ok).toBe(true);
    const shown = await get("http://receiver:8080/received", { query: { path: "/secret" }, headers });
    expect(JSON.stringify(shown)).not.toContain("canary-5577");
    expect(JSON.stringify(shown)).toContain("k=***");
    const raw = await get("http://receiver:8080/received", { query: { path: "/secret" } });
    expect(JSON.stringify(raw)).toContain("k=canary-5577");
  });
});

describe("what servers do wrong", () => {
  /* The runtime words a refused connection and a broken one alike, so both count as unknown. */
  test("no connection is UNAVAILABLE", async () => {
    const result = await get("http://nobody:8080/");
    expect(result).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
    expect(result).toMatchObject({ outcomeUnknown: true, error: { details: { backend: "nobody:8080" } } });
  });

  test("a connection that breaks before the answer leaves the outcome unknown", async () => {
    expect(await get("http://bad:8080/reset")).toMatchObject({
      ok: false,
      outcomeUnknown: true,
      error: { code: "UNAVAILABLE" },
    });
  });

  test("no answer, or one that never ends, is TIMEOUT in time", async () => {
    for (const path of ["never", "endless"]) {
      const started = Date.now();
      expect(await get(`http://bad:8080/${path}`, {}, 1_500)).toMatchObject({
        ok: false,
        outcomeUnknown: true,
        error: { code: "TIMEOUT", details: { timeout_ms: 1_500 } },
      });
      expect(Date.now() - started, "given up long before the action's own limit").toBeLessThan(10_000);
    }
  });

  test("an answer beyond the limit is an error", async () => {
    expect(await get("http://bad:8080/large")).toMatchObject({ ok: false, error: { code: "PAYLOAD_TOO_LARGE" } });
  });

  test("loopback cannot be reached by its address nor by a redirect", async () => {
    const { port } = new URL(url);
    for (const target of [
      `http://127.0.0.1:${port}/`,
      "http://[::1]:8080/",
      "http://localhost:8080/",
      "http://bad:8080/redirect",
    ]) {
      expect(await get(target)).toMatchObject({
        ok: false,
        error: { code: "FORBIDDEN", details: { reason: "egress" } },
      });
    }
  });
});
