import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { LossyWire } from "../faults/lossy-wire.ts";

/*
 * kill -9 of the platform between the row of a connection and its copy in the tenant's object: Postgres has committed, and its answer is still
 * on the wire. The next call finds the row, whoever sent the request does nothing more.
 */

let server: Server;
let wire: LossyWire;
let platform: Platform;
let apiKey: string;
/** What calls signed in with. */
const tokens: string[] = [];
const dataDir = mkdtempSync(join(tmpdir(), "smartify-cut-off-"));

async function boot(): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const hosts = { "api.test": `127.0.0.1:${port}` };
  platform = await startPlatform({ dataDir, hosts, services: false, vars: { NEON_LOCAL: wire.address } });
  wire.target = platform.databasePort;
}

async function send(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(platform.url + path, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/token") {
      const token = { access_token: `of ${request.headers.authorization}`, token_type: "bearer", expires_in: 3_600 };
      return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(token));
    }
    tokens.push(String(request.headers.authorization));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  wire = await LossyWire.open();
  await boot();
  apiKey = String((await createTenant(dataDir, platform.url, "Cut off")).api_key);
  const handler = { http: { url: "http://api.test/me", method: "GET" } };
  await send("POST", "/connectors", {
    connector: { kind: "http", name: "me", namespace: "acme", version: "1.0.0" },
    auth: { type: "bearer" },
    actions: [{ name: "get", handler }],
  });
}, 240_000);
afterAll(async () => {
  await platform?.kill();
  wire?.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Rows of connections as Postgres has them, past the wire. */
async function rows(): Promise<Record<string, unknown>[]> {
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.databasePort}/sql`;
  return (await neon("postgres://a:b@c/d")`SELECT id, updated_at::text FROM connections`) as Record<string, unknown>[];
}

/** Sends a request, and kills the platform when Postgres has what it writes, with this act of the audit. Nobody is told. */
async function cutOff(
  [method, path, act]: [method: string, path: string, act: string],
  body: object | undefined,
  written: () => Promise<boolean>,
  after: "warm" | "cold" = "warm",
) {
  wire.withholds = act;
  const sent = send(method, path, body).then(
    () => "answered",
    () => "cut off",
  );
  await vi.waitFor(async () => expect(await written()).toBe(true), { timeout: 30_000, interval: 20 });
  await platform.kill();
  expect(await sent).toBe("cut off");
  wire.withholds = undefined;
  await boot();
  // The first question to Postgres of a cold platform is a slow one. A call that has a copy waits for a second and then uses it.
  if (after === "warm") await vi.waitFor(answersSoon, { timeout: 60_000, interval: 20 });
}

async function answersSoon(): Promise<void> {
  const begun = performance.now();
  expect(await send("GET", "/workflows")).toMatchObject({ data: [] });
  expect(performance.now() - begun).toBeLessThan(400);
}

const step = { id: "s", connector: "connector:acme/me@1", action: "get", retry: { max_attempts: 1 } };
const patient = {
  ...step,
  retry: { max_attempts: 30, initial_delay_ms: 500, max_delay_ms: 500, backoff: "fixed" },
};
const call = () =>
  send("POST", "/workflows/executions", {
    execution_mode: "sync",
    timeout: 60,
    definition: { name: "Me", steps: [step] },
  });

test("a connection that was made, changed or deleted as the platform was killed is for the next call what its row is, which a cold platform may have to try again", async () => {
  const values = (token: string) => ({ values: { token } });
  const body = { connector: "acme/me", name: "default", type: "BEARER", ...values("one") };
  const created = async () => (await rows()).length === 1;
  // Cold: there is no copy that it could go on with.
  await cutOff(["POST", "/connections", "connection.created"], body, created, "cold");
  // While nobody can look the row up, the call is one to be tried again; then the same execution goes through.
  const { execution_id } = await send("POST", "/workflows/executions", {
    definition: {
      name: "Patient",
      steps: [{ id: "w", type: "wait", until: { event: "go" } }, patient],
    },
  });
  const record = () => send("GET", `/workflows/executions/${String(execution_id)}`);
  await vi.waitFor(async () => expect(await record()).toMatchObject({ status: "waiting" }), { timeout: 60_000 });
  wire.cut();
  await send("POST", `/workflows/executions/${String(execution_id)}/events`, { name: "go", payload: {} });
  await vi.waitFor(async () => expect(JSON.stringify(await record())).toContain('"reason":"lookup"'), {
    timeout: 60_000,
  });
  wire.target = platform.databasePort;
  await vi.waitFor(async () => expect(await record()).toMatchObject({ status: "completed" }), { timeout: 60_000 });
  expect(tokens.splice(0)).toEqual(["Bearer one"]);

  const [{ id, updated_at: before } = {}] = await rows();
  const changed = async () => {
    const [row] = await rows();
    return String(row?.updated_at) !== String(before);
  };
  await cutOff(["PATCH", `/connections/${String(id)}`, "connection.changed"], values("two"), changed);
  expect(await call()).toMatchObject({ status: "completed" });
  expect(tokens.splice(0)).toEqual(["Bearer two"]);

  await cutOff(
    ["DELETE", `/connections/${String(id)}`, "connection.deleted"],
    undefined,
    async () => (await rows()).length === 0,
  );
  expect(await call()).toMatchObject({
    status: "failed",
    error: { code: "UNAVAILABLE", details: { reason: "connection" } },
  });
  expect(tokens).toEqual([]);
}, 300_000);

test("an OAuth connection whose change was cut off says that it has to be connected, and its token is not used for what it is now", async () => {
  const oauth = (client_id: string) => ({
    values: {
      client_id,
      client_secret: "s3cr3t",
      token_url: "http://api.test/token",
      authorization_url: "http://api.test/auth",
      flow: "client_credentials",
      base_url: "http://api.test",
    },
  });
  const made = await send("POST", "/connections", {
    connector: "acme/me",
    name: "default",
    type: "OAUTH2",
    ...oauth("one"),
  });
  expect(await call()).toMatchObject({ status: "completed" });
  expect(await send("GET", `/connections/${String(made.id)}`)).toMatchObject({ status: "connected" });
  const [{ updated_at: before } = {}] = await rows();
  await cutOff(["PATCH", `/connections/${String(made.id)}`, "connection.changed"], oauth("two"), async () => {
    const [row] = await rows();
    return String(row?.updated_at) !== String(before);
  });
  expect(await send("GET", `/connections/${String(made.id)}`)).toMatchObject({ status: "pending" });
  tokens.length = 0;
  expect(await call()).toMatchObject({ status: "completed" });
  expect(tokens).toEqual([`Bearer of Basic ${btoa("two:s3cr3t")}`]);
}, 120_000);
