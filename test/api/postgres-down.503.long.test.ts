import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { ScriptedService } from "../outside/scripted-service.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";

const dataDir = mkdtempSync(join(tmpdir(), "smartify-test-"));
const sockets = new Set<Socket>();
let target = 0;
let down = false;
/** Stands between the Workers and Postgres, and can be cut. */
const wire = createServer((client) => {
  if (down || target === 0) return void client.destroy();
  const server = connect(target, "127.0.0.1");
  for (const socket of [client, server]) {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  }
  client.pipe(server).pipe(client);
});

function cut(isDown: boolean): void {
  down = isDown;
  for (const socket of sockets) socket.destroy();
}

let platform: Platform;
let receiver: ScriptedService;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  await new Promise<void>((ready) => wire.listen(0, "127.0.0.1", ready));
  const { port }: AddressInfo = JSON.parse(JSON.stringify(wire.address()));
  receiver = await ScriptedService.start(0);
  platform = await startPlatform({
    dataDir,
    services: false,
    vars: { NEON_LOCAL: `127.0.0.1:${port}` },
    hosts: { "hooks.test": `127.0.0.1:${receiver.port}` },
  });
  target = platform.databasePort;
  key = String((await createTenant(dataDir, platform.url, "test")).api_key);
  call = await checkedClient(platform.url);
  expect((await call(key, "POST", "/workflows", { raw: SUM, type: YAML })).status).toBe(201);
});
afterAll(async () => {
  await platform?.kill();
  await receiver?.stop();
  cut(true);
  wire.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const run = () =>
  call(key, "POST", "/workflows/executions", {
    body: { workflow: "sum", inputs: { a: 1 }, execution_mode: "sync", timeout: 20 },
  });

test("without Postgres a known workflow runs, what needs Postgres says so, and afterwards nothing is missing", async () => {
  expect((await run()).status).toBe(200);
  cut(true);
  // Longer than what the isolate knows of the workflow may be old.
  await new Promise((done) => setTimeout(done, 2_200));
  const runs = await Promise.all(Array.from({ length: 5 }, run));
  for (const it of runs) expect(it).toMatchObject({ status: 200, body: { result: { outputs: { sum: 3 } } } });
  expect((await call(key, "GET", `/workflows/executions/${runs[0]?.body.execution_id}`)).status).toBe(200);
  const refused = await Promise.all([
    call(key, "GET", "/workflows"),
    call(key, "GET", "/workflows/executions"),
    call(key, "POST", "/workflows", { raw: SUM, type: YAML }),
    call(key, "POST", "/keys", { body: { name: "k" } }),
  ]);
  for (const it of refused) {
    expect(it).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
    expect(Number(it.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect((await call(null, "GET", "/healthz")).body.status).toBe("degraded");
  cut(false);
  await expect
    .poll(async () => JSON.stringify((await call(key, "GET", "/workflows/executions")).body.data), {
      timeout: 60_000,
      interval: 300,
    })
    .toContain(String(runs[4]?.body.execution_id));
});

test("a key is known to its tenant object: it is valid while Postgres is down, also when the isolate has forgotten it", async () => {
  cut(true);
  await new Promise((done) => setTimeout(done, 10_200));
  expect((await run()).status).toBe(200);
  cut(false);
});

test("webhooks are made, sent and sent again while Postgres is down; the audit log has it afterwards", async () => {
  cut(true);
  const body = { url: "https://hooks.test/down", event_types: ["workflow.completed"] };
  const made = await call(key, "POST", "/webhooks/endpoints", { body });
  expect(made.status).toBe(201);
  receiver.script("/down", { status: 500 }, {});
  expect((await run()).status).toBe(200);
  await expect.poll(() => receiver.calls("/down").length, { timeout: 60_000, interval: 100 }).toBe(2);
  // The receiver has the call before its sender has the answer.
  await expect
    .poll(async () => (await call(key, "GET", `/webhooks/deliveries?endpoint=${made.body.id}`)).body.data, {
      timeout: 60_000,
    })
    .toMatchObject([{ attempts: 2, event_type: "workflow.completed" }]);
  cut(false);
  const audited = async () => JSON.stringify((await call(key, "GET", "/audit?action=webhook_endpoint.*")).body);
  await expect.poll(audited, { timeout: 60_000, interval: 500 }).toContain(String(made.body.id));
});
