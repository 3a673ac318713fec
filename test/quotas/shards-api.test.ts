import { afterAll, beforeAll, expect, test } from "vitest";
import { growShards } from "../../scripts/change-limits.ts";
import type { JsonMap } from "../outside/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { LimitedTenant } from "./limited-tenant.ts";

let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false });
}, 120_000);
afterAll(() => running?.close());

const WAIT: JsonMap = { name: "w", version: "1.0.0", steps: [{ id: "w", type: "wait", until: { event: "go" } }] };
/** An isolate believes its copy of a map for ten seconds. */
const MAP_KNOWN_MS = 10_500;

test.concurrent("growing the shards between two starts with one Idempotency-Key gives one execution, and what runs goes on", async () => {
  const tenant = await LimitedTenant.make(running, "grows");
  const keys = Array.from({ length: 24 }, (_, n) => `key ${n}`);
  const start = (key: string) => tenant.started(WAIT, {}, { "idempotency-key": key });
  const ids = await Promise.all(keys.map(start));
  const grown = await growShards(running.platform.dataDir, running.url, tenant.tenantId, 4);
  expect(grown).toMatchObject({ version: 1, shards: 4 });
  // By an isolate that has not heard of it.
  expect(await Promise.all(keys.map(start))).toEqual(ids);
  await new Promise((resolve) => setTimeout(resolve, MAP_KNOWN_MS));
  // By one that has; each key twice at once, and new ones beside them.
  const again = await Promise.all(keys.flatMap((key) => [start(key), start(key)]));
  expect(again).toEqual(ids.flatMap((id) => [id, id]));
  const fresh = Array.from({ length: 24 }, (_, n) => `fresh ${n}`);
  const [first, second] = await Promise.all([Promise.all(fresh.map(start)), Promise.all(fresh.map(start))]);
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(24);
  // Executions that ran before and those of new shards are found by their ids, and count together.
  for (const id of [...ids, ...first]) expect((await tenant.until(id, "waiting")).status).toBe("waiting");
  expect(await tenant.used("concurrent_executions")).toBe(48);
  expect(await tenant.used("executions_per_month")).toBe(48);
  const other = await tenant.start({ ...WAIT, name: "other" }, {}, { "idempotency-key": keys[0] ?? "" });
  expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
});

test.concurrent("shards never shrink", async () => {
  const tenant = await LimitedTenant.make(running, "shrinks");
  await growShards(running.platform.dataDir, running.url, tenant.tenantId, 3);
  await expect(growShards(running.platform.dataDir, running.url, tenant.tenantId, 3)).rejects.toThrow("400");
});

test.concurrent("two shards share the tenant's running executions, and none is passed", async () => {
  const tenant = await LimitedTenant.make(running, "sharded", { concurrent_executions: 3 });
  await growShards(running.platform.dataDir, running.url, tenant.tenantId, 2);
  await new Promise((resolve) => setTimeout(resolve, MAP_KNOWN_MS));
  const ids = await Promise.all(Array.from({ length: 12 }, () => tenant.started(WAIT)));
  const left = new Set(ids);
  const end = Date.now() + 40_000;
  while (left.size > 0 && Date.now() < end) {
    const records = await Promise.all([...left].map((id) => tenant.record(id)));
    const begun = records.filter(({ status }) => status === "waiting" || status === "running");
    expect(begun.length).toBeLessThanOrEqual(3);
    for (const { execution_id: id, status } of begun) {
      if (status !== "waiting") continue;
      await tenant.call("POST", `/workflows/executions/${String(id)}/events`, { name: "go" });
      left.delete(String(id));
    }
  }
  expect(left.size).toBe(0);
  for (const id of ids) expect((await tenant.until(id, "completed")).status).toBe("completed");
});
