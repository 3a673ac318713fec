import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Page } from "../../contracts/api/pages.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { startPlatform } from "../../scripts/platform/start-platform.ts";
import { eventually, TriggerPlatform } from "./trigger-platform.ts";

/* Triggers while Postgres cannot be reached: what is known goes on, what is not is put off, and nothing comes twice. */

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

let platform: TriggerPlatform;

beforeAll(async () => {
  await new Promise<void>((ready) => wire.listen(0, "127.0.0.1", ready));
  const { port }: AddressInfo = JSON.parse(JSON.stringify(wire.address()));
  const running = await startPlatform({ dataDir, services: false, vars: { NEON_LOCAL: `127.0.0.1:${port}` } });
  target = running.databasePort;
  const newTenant = async (name: string) => {
    const made = await createTenant(dataDir, running.url, name);
    return { tenantId: String(made.tenant_id), apiKey: String(made.api_key) };
  };
  platform = TriggerPlatform.over({
    platform: running,
    url: running.url,
    tenant: await newTenant("test"),
    newTenant,
    restart: () => Promise.reject(new Error("it is not started again here")),
    close: () => running.kill(),
  });
});

afterAll(async () => {
  cut(true);
  await platform?.close();
  wire.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("known schedules go on, an unknown workflow's webhook is kept and starts once when Postgres is back", async () => {
  await platform.publishEcho("Warm", [{ type: "schedule", cron: "* * * * * *" }]);
  await platform.publishEcho("Cold", [{ type: "webhook", path: "cold" }]);
  const [{ id: warm = "" } = {}] = await platform.triggersOf("warm");
  const [{ id: cold = "" } = {}] = await platform.triggersOf("cold");
  await platform.started(warm, 1, 60_000);
  cut(true);
  const from = Date.now();
  const path = `/hooks/${platform.tenant.tenantId}/cold`;
  const deliver = () => platform.call(path, '{"order":"kept"}', { "idempotency-key": "one" });
  const first = await deliver();
  expect(first).toMatchObject({ status: 202, body: { execution_id: null, replayed: false } });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const until = Date.now();
  cut(false);
  const started = await eventually(async () => {
    const { body } = await deliver();
    return typeof body.execution_id === "string" ? body.execution_id : undefined;
  }, 90_000);
  expect((await platform.record(started)).inputs).toEqual({ order: "kept", amount: null });
  expect((await platform.trigger(cold)).executions).toEqual([started]);
  const times = async () => {
    const ids: string[] = [];
    // One a second: on a slow machine there are more than stand on one page.
    for (let after: string | null = ""; after !== null; ) {
      const path: string = `/workflows/executions?workflow=warm&limit=100${after && `&cursor=${after}`}`;
      const page: Page<{ execution_id: string }> = await platform.ok("GET", path);
      ids.push(...page.data.map((it) => it.execution_id));
      after = page.next_cursor;
    }
    return Promise.all(ids.map(async (id) => Date.parse(String((await platform.triggerIn(id)).at))));
  };
  const due: number[] = [];
  for (let at = Math.ceil(from / 1_000) * 1_000; at < until - 2_000; at += 1_000) due.push(at);
  expect(due.length).toBeGreaterThan(1);
  // What was put off starts late, and stands in the list a moment after that.
  await vi.waitFor(async () => expect(await times()).toEqual(expect.arrayContaining(due)), { timeout: 60_000 });
  await platform.ok("POST", `/triggers/${warm}/pause`);
  const all = await times();
  expect(new Set(all).size).toBe(all.length);
});
