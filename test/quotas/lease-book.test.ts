import { expect, test } from "vitest";
import type { LeaseReport } from "../../contracts/lease.ts";
import { SimulatedTenant, START } from "../tenant/simulated-tenant.ts";

const RUNNING = "concurrent_executions";
const MONTH = "executions_per_month@2026-11";
const MINUTE = 60_000;

/** A tenant object with a limit of ten, whose cells say what a test lets them. */
async function tenantOf(reports: Record<string, LeaseReport> = {}) {
  const told: string[] = [];
  const tenant = new SimulatedTenant({
    kill: () => false,
    cell: (name) => ({
      act: async () => null,
      isLive: async () => true,
      reportLease: async () => reports[name] ?? null,
      leasesChanged: async () => {
        told.push(name);
      },
    }),
  });
  await tenant.ask(({ settings }) => settings.putLimits({ concurrent_executions: 10, executions_per_month: 10 }));
  const ask = async (holder: string, seq: number, account: string, used: number, want: number) => {
    const answer = await tenant.ask(({ leases }) =>
      leases.ask({ holder, seq, budgets: 0, wishes: [{ account, used, want }] }),
    );
    return answer?.behind === undefined ? answer?.grants[0]?.granted : `behind ${answer.behind}`;
  };
  return { tenant, told, ask };
}

test("blocks get smaller near the ceiling, and the last of it is given one by one", async () => {
  const { ask } = await tenantOf();
  const granted = [];
  for (let seq = 1, used = 0; seq <= 12; seq += 1) {
    const next = Number(await ask("t/s0", seq, MONTH, used, 1_000));
    granted.push(next);
    used = next;
  }
  expect(granted).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10]);
});

test("a question that comes after a later one of its cell changes nothing", async () => {
  const { ask, tenant } = await tenantOf();
  expect(await ask("t/s0", 20, MONTH, 9, 1)).toBe(10);
  expect(await ask("t/s0", 19, MONTH, 2, 1)).toBe("behind 20");
  expect(tenant.rows("SELECT used, granted FROM leases")).toEqual([{ used: 9, granted: 10 }]);
});

test("at the ceiling others are asked for what they have not used, and who went without is told when something is freed", async () => {
  const reports: Record<string, LeaseReport> = { "t/s0": { used: 8, closed: false } };
  const { ask, tenant, told } = await tenantOf(reports);
  for (let seq = 1; seq <= 8; seq += 1) await ask("t/s0", seq, RUNNING, seq, 8);
  expect(await ask("t/s0", 9, RUNNING, 8, 2)).toBe(9);
  // One of the ten is free, and the one that is held for nothing comes back.
  expect(await ask("t/s1", 1, RUNNING, 1, 1)).toBe(2);
  expect(await ask("t/s2", 1, RUNNING, 0, 1)).toBe(0);
  expect(told).not.toContain("t/s2");
  await tenant.runUntil(START + 2_000);
  expect(await ask("t/s0", 10, RUNNING, 3, 0)).toBe(3);
  await tenant.runUntil(START + 4_000);
  expect(told).toContain("t/s2");
  expect(await ask("t/s2", 2, RUNNING, 0, 1)).toBe(1);
});

test("what is not used comes back after five minutes, and an object that ran one execution is forgotten but for what it used", async () => {
  const reports: Record<string, LeaseReport> = {
    "t/s0": { used: 1, closed: false },
    "t/iabc": { used: 1, closed: true },
  };
  const { ask, tenant } = await tenantOf(reports);
  await ask("t/s0", 1, MONTH, 0, 5);
  await ask("t/iabc", 1, MONTH, 1, 0);
  await tenant.runUntil(START + 6 * MINUTE);
  expect(tenant.rows("SELECT holder, used, granted FROM leases ORDER BY holder")).toEqual([
    { holder: "", used: 1, granted: 0 },
    { holder: "t/s0", used: 1, granted: 1 },
  ]);
  expect(tenant.hasAlarm).toBe(false);
  expect(await ask("t/s1", 1, MONTH, 0, 100)).toBe(2);
});

test.each([60 * MINUTE, -60 * MINUTE])(
  "a clock that is set by %i ms gives nobody more than there is, and what is not used comes back",
  async (by) => {
    const reports: Record<string, LeaseReport> = { "t/s0": { used: 2, closed: false } };
    const { ask, tenant } = await tenantOf(reports);
    await ask("t/s0", 1, RUNNING, 2, 3);
    const clock = tenant.clock as { now(): number };
    const real = clock.now.bind(clock);
    clock.now = () => real() + by;
    const held = () =>
      tenant
        .rows("SELECT holder, used, granted FROM leases ORDER BY holder")
        .map(({ holder, granted }) => [holder, granted]);
    const second = Number(await ask("t/s1", 1, RUNNING, 1, 20));
    expect(held().reduce((sum, [, granted]) => sum + Number(granted), 0)).toBeLessThanOrEqual(10);
    expect(second).toBeGreaterThan(1);
    clock.now = real;
    await ask("t/s0", 2, RUNNING, 2, 0);
    await ask("t/s1", 2, RUNNING, 1, 0);
    await tenant.runUntil(real() + 6 * MINUTE);
    expect(held()).toEqual([
      ["t/s0", 2],
      ["t/s1", 1],
    ]);
    expect(await ask("t/s2", 1, RUNNING, 0, 1)).toBe(1);
  },
);

test("a raise is told to all who hold something", async () => {
  const { ask, tenant, told } = await tenantOf();
  await ask("t/s0", 1, MONTH, 3, 1);
  await ask("t/s1", 1, RUNNING, 1, 1);
  await tenant.ask(({ settings, leases }) => {
    settings.putLimits({ concurrent_executions: 100 });
    leases.ceilingsChanged();
  });
  await tenant.runUntil(START + 1_000);
  expect(told.sort()).toEqual(["t/s0", "t/s1"]);
  expect(await ask("t/s1", 2, RUNNING, 1, 1_000)).toBe(25);
});
