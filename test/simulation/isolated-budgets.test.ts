import { expect, test } from "vitest";
import { digestOf } from "../../contracts/canonical-json.ts";
import type { SharedBudget } from "../../contracts/shared-budget.ts";
import type { JsonObject } from "../../engine/json.ts";
import { actionStep, planOf } from "../../engine/testing.ts";
import { SimulatedTenant } from "../tenant/simulated-tenant.ts";
import { SimulatedObject } from "./simulated-object.ts";

const COSTLY = planOf([actionStep("ask", {})], { slug: "costly", name: "costly" });
const SOURCE = { definition: COSTLY.definition, pins: COSTLY.pins };

/**
 * A tenant with a budget, whose isolated executions are each in an object of their own, and use so much in a call. `evicts`: an object
 * is out of memory after every commit, so that what it would have told after it is told by its next life or not at all.
 */
async function tenantWith(budget: SharedBudget, usage: { cost: number }, evicts: boolean) {
  const objects = new Map<string, SimulatedObject>();
  const calls = new Set<string>();
  const tenant: SimulatedTenant = new SimulatedTenant({
    kill: () => false,
    cell: (name) => {
      const object = objects.get(name);
      if (!object) throw new Error(`there is no cell ${name}`);
      return {
        act: async () => null,
        isLive: async (id) => object.cell.isLive(id),
        reportLease: async (account, mark) => object.cell.reportLease(account, mark),
        leasesChanged: async (budgets) => object.cell.leasesChanged(budgets),
      };
    },
  });
  await tenant.ask(({ settings }) => settings.putBudgets([budget]));
  const isolated = (name: string) =>
    new SimulatedObject(
      {
        kill: () => false,
        evicts: () => evicts,
        plugin: ({ idempotencyKey }) => {
          calls.add(idempotencyKey);
          return { result: { ok: true, output: 1, usage: { compute_ms: 1, egress_bytes: 0, ...usage } }, afterMs: 20 };
        },
        hint: () => undefined,
        askWish: async () => ({ version: 0, wish: null }),
        report: () => undefined,
        tenant: {
          acquireSlot: async () => ({ kind: "granted" }),
          releaseSlot: async () => undefined,
          slotPosition: async () => null,
          awaitEvent: async () => null,
          forgetWait: async () => undefined,
          askLeases: async (question) => {
            const answer = await tenant.ask(({ leases }) => leases.ask({ ...question, holder: name }));
            if (!answer) throw new Error("the tenant object does not answer");
            return answer;
          },
        },
      },
      tenant.clock,
    );
  /** Starts one and waits a second, which is more than it takes. Answers its status. */
  const run = async (index: number) => {
    const object = isolated(`t/i${index}`);
    objects.set(`t/i${index}`, object);
    const executionId = `exec_${index}`;
    const started = object.ask((cell) =>
      cell.start({
        executionId,
        tenantId: "ten_a",
        environment: "test",
        planDigest: digestOf(SOURCE as unknown as JsonObject),
        plan: SOURCE,
        inputs: {},
        mode: "isolated",
        actor: "key_a",
      }),
    );
    await tenant.runUntil(tenant.clock.now() + 1_000);
    expect((await started)?.kind).toBe("accepted");
    return (await object.ask((cell) => cell.get(executionId)))?.status;
  };
  return { run, calls: () => calls.size };
}

const MEMORIES = [
  ["stay in memory", false],
  ["are evicted after every commit", true],
] as const;

test.each(MEMORIES)(
  "isolated executions one after the other pass a budget of money by the one call that was in flight, where objects %s",
  async (_, evicts) => {
    const budget: SharedBudget = { scope: "tenant", period: "total", amounts: { max_cost: 1_000_000 } };
    const { run, calls } = await tenantWith(budget, { cost: 50 }, evicts);
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await run(index));
    expect(statuses).toEqual(["completed", "paused", "paused", "paused", "paused"]);
    expect(calls()).toBe(1);
  },
);

test.each(MEMORIES)(
  "isolated executions that use less than a budget has are all let through, where objects %s",
  async (_, evicts) => {
    const budget: SharedBudget = { scope: "tenant", period: "total", amounts: { max_cost: 1_000_000 } };
    const { run, calls } = await tenantWith(budget, { cost: 0.15 }, evicts);
    const statuses = [];
    for (let index = 0; index < 8; index += 1) statuses.push(await run(index));
    expect(statuses).toEqual([...Array.from({ length: 7 }, () => "completed"), "paused"]);
    expect(calls()).toBe(7);
  },
);
