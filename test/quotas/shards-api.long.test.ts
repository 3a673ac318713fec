import { decodeBase32 } from "../../contracts/base32.ts";
import { ID_PREFIX } from "../../contracts/ids.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { growShards } from "../../scripts/change-limits.ts";
import type { JsonMap } from "../outside/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { LimitedTenant } from "./limited-tenant.ts";

let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false, vars: { SHARD_CAPACITY: '{"running": 150}' } });
}, 120_000);
afterAll(() => running?.close());

const WAIT: JsonMap = { name: "w", version: "1.0.0", steps: [{ id: "w", type: "wait", until: { event: "go" } }] };
/** The shard that an execution's id carries (`contracts/placement.ts`). */
function shardOf(id: string): number | undefined {
  return decodeBase32(id.slice(ID_PREFIX.execution.length))?.[8];
}

/** So many are counted in the end, and go on being counted so: six looks in a row. A sum that is corrected in between begins anew. */
async function settles(tenant: LimitedTenant, count: number, quota = "concurrent_executions"): Promise<void> {
  const seen: number[] = [];
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 400))) {
    seen.push(await tenant.used(quota));
    if (seen.length >= 6 && seen.slice(-6).every((used) => used === count)) return;
  }
  expect(seen.slice(-6), quota).toEqual(Array(6).fill(count));
}

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
  await settles(tenant, 48);
  await settles(tenant, 48, "executions_per_month");
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
  const end = Date.now() + 120_000;
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

test.concurrent("a tenant whose load grows gets another shard by itself, and what runs stays where it is and goes on", async () => {
  const tenant = await LimitedTenant.make(running, "grows by load");
  const start = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    while (ids.length < count) ids.push(...(await Promise.all(Array.from({ length: 20 }, () => tenant.started(WAIT)))));
    return ids;
  };
  // Cells say what runs in them as their blocks of 256 run low: 200 is enough for that.
  const before = await start(200);
  // It grows above 150, and the last of them may come after that, where the isolate's copy of the map is old by then.
  expect(new Set(before.slice(0, 140).map(shardOf))).toEqual(new Set([0]));
  await new Promise((resolve) => setTimeout(resolve, MAP_KNOWN_MS));
  // What had not begun when its cell asked for a block is said with the next one only.
  const after = await start(40);
  const spread = () => expect([...new Set(after.map(shardOf))]).toEqual(expect.arrayContaining([0, 1]));
  await vi.waitFor(
    async () => {
      if (!after.some((id) => shardOf(id) === 1) && after.length < 600) after.push(...(await start(20)));
      spread();
    },
    { timeout: 90_000, interval: 1_000 },
  );
  const all = before.length + after.length;
  // As many as it takes, and none more: two, where the second came before 300 ran.
  const highest = Math.max(...[...before, ...after].map((id) => shardOf(id) ?? Number.NaN));
  expect(highest).toBeLessThan(Math.ceil(all / 150));
  await settles(tenant, all);
  const some = [...before.slice(0, 5), ...after.slice(-40)];
  for (const id of some) expect((await tenant.until(id, "waiting")).status).toBe("waiting");
  for (const id of some) await tenant.call("POST", `/workflows/executions/${id}/events`, { name: "go" });
  for (const id of some) expect((await tenant.until(id, "completed")).status).toBe("completed");
  await settles(tenant, all - some.length);
}, 240_000);
