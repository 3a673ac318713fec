import { expect, test } from "vitest";
import { SimulatedTenant, START } from "../tenant/simulated-tenant.ts";

const MONTH = "executions_per_month@2026-11";
const STEPS = "steps_per_month@2026-11";
const RUNNING = "concurrent_executions";
const MINUTE = 60_000;

/** A tenant object whose cells say what they have used, once a second. */
async function tenantOf() {
  const tenant = new SimulatedTenant({
    kill: () => false,
    cell: () => ({
      act: async () => null,
      isLive: async () => true,
      reportLease: async () => null,
      leasesChanged: async () => {},
    }),
  });
  await tenant.ask(({ settings }) =>
    settings.putLimits({ executions_per_month: 1e9, steps_per_month: 1e10, concurrent_executions: 1e6 }),
  );
  const used = new Map<string, number>();
  let seq = 0;
  const say = async (holder: string, account: string, more: number): Promise<void> => {
    const name = `${holder} ${account}`;
    used.set(name, (used.get(name) ?? 0) + more);
    seq += 1;
    const wishes = [{ account, used: used.get(name) ?? 0, want: 1 }];
    await tenant.ask(({ leases }) => leases.ask({ holder, seq, budgets: 0, wishes }));
  };
  let now = START;
  const load = async (seconds: number, perSecond: Record<string, [account: string, more: number]>): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      for (const [holder, [account, more]] of Object.entries(perSecond)) await say(holder, account, more);
      now += 1_000;
      await tenant.runUntil(now);
    }
  };
  const shards = async (): Promise<number | undefined> =>
    tenant.insist(({ settings }) => ({ count: settings.all.shards?.count })).then(({ count }) => count);
  return { tenant, load, shards };
}

test("a tenant that starts more than a shard is given gets another, and no more than its load needs", async () => {
  const { load, shards } = await tenantOf();
  await load(14, { "t/s0": [MONTH, 900] });
  expect(await shards(), "a burst is no load").toBeUndefined();
  await load(3, { "t/s0": [MONTH, 900] });
  expect(await shards()).toBe(2);
  await load(180, { "t/s0": [MONTH, 450], "t/s1": [MONTH, 450] });
  expect(await shards(), "it is the load of all shards that counts").toBe(2);
});

test("shards follow a load that grows, by doubling at most and after they have settled, and stay when it goes", async () => {
  const { tenant, load, shards } = await tenantOf();
  await load(20, { "t/s0": [STEPS, 14_000] });
  expect(await shards()).toBe(2);
  await load(20, { "t/s0": [STEPS, 14_000] });
  expect(await shards()).toBe(2);
  await load(20, { "t/s0": [STEPS, 14_000] });
  expect(await shards()).toBe(4);
  await load(60, { "t/s0": [STEPS, 14_000] });
  expect(await shards()).toBe(6);
  await load(600, { "t/s0": [STEPS, 10] });
  tenant.kill();
  expect(await shards(), "also for a later life of the object").toBe(6);
  expect(await load(60, { "t/s0": [STEPS, 10] }).then(shards)).toBe(6);
});

test("what runs at once asks for shards, too; isolated executions, which have objects of their own, do not", async () => {
  const { load, shards } = await tenantOf();
  await load(1, { "t/s0": [RUNNING, 5_000], "t/iabc": [RUNNING, 9_000] });
  await load(MINUTE / 1_000, { "t/s0": [RUNNING, 0], "t/iabc": [MONTH, 5_000] });
  expect(await shards()).toBeUndefined();
  await load(2, { "t/s0": [RUNNING, 1] });
  expect(await shards()).toBe(2);
});

test("growth by load stops at the most shards there may be by it", async () => {
  const { load, shards } = await tenantOf();
  await load(600, { "t/s0": [MONTH, 100_000] });
  expect(await shards()).toBe(16);
});
