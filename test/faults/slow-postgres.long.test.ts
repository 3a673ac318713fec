import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { LossyWire } from "./lossy-wire.ts";

/* Postgres at half a second a packet (F23): no start waits for it, and nothing piles up that does not go away again. */

const STARTS = 40;
/** What the platform asks in one go is several packets' way, and must stay below the five seconds that it gives it. */
const SLOW_MS = 500;
/** A stall of the machine is in one of them; what waits for a packet is in each. */
const SERIES = 3;

let wire: LossyWire;
let platform: Platform;
let key: string;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-slow-"));

beforeAll(async () => {
  wire = await LossyWire.open();
  platform = await startPlatform({ dataDir, services: false, vars: { NEON_LOCAL: wire.address } });
  wire.target = platform.databasePort;
  key = String((await createTenant(dataDir, platform.url, "Slow")).api_key);
}, 300_000);
afterAll(async () => {
  await platform?.kill();
  wire?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: object) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks into
  const parsed: any = JSON.parse(await response.text());
  return { status: response.status, body: parsed };
}

/** The slowest of the starts, in ms, and their ids. */
async function starts(): Promise<{ slowestMs: number; ids: string[] }> {
  const ids: string[] = [];
  let slowestMs = 0;
  for (let count = 0; count < STARTS; count += 1) {
    const began = performance.now();
    const { status, body } = await send("POST", "/workflows/executions", { workflow: "sum", execution_mode: "sync" });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    expect([status, body.status]).toEqual([200, "completed"]);
    ids.push(body.execution_id);
  }
  return { slowestMs, ids };
}

test("with half a second to every packet of Postgres starts are as fast, and the lists catch up", async () => {
  const add = { id: "add", connector: "calculator", action: "add", input: { a: 1, b: 1 } };
  expect((await send("POST", "/workflows", { name: "Sum", steps: [add] })).status).toBe(201);
  await starts();
  wire.delayMs = SLOW_MS;
  let slow = await starts();
  for (let series = 1; series < SERIES && slow.slowestMs >= SLOW_MS - 50; series += 1) slow = await starts();
  // Whatever waits for a packet waits for half a second.
  expect(slow.slowestMs).toBeLessThan(SLOW_MS - 50);
  const listed = async () => {
    const { status, body } = await send("GET", "/workflows/executions?limit=100");
    expect(status).toBe(200);
    const ids = new Set(body.data.map(({ execution_id }: { execution_id: string }) => execution_id));
    return slow.ids.filter((id) => !ids.has(id)).length;
  };
  await expect.poll(listed, { timeout: 120_000, interval: 200 }).toBe(0);
  expect(wire.delayed, "the wire was waited for").toBeGreaterThan(0);
}, 300_000);
