import { expect, test } from "vitest";
import { failure, success } from "../../contracts/errors.ts";
import type { SlotAnswer, SlotRequest } from "../../contracts/rpc.ts";
import { record } from "./execution-record.ts";
import { type Answer, QuietTenant } from "./quiet-tenant.ts";

const running = ({ execution }: { execution: string }): Answer => success(record(execution, "running"));
const GRANTED: SlotAnswer = { kind: "granted" };
const queued = (position: number): SlotAnswer => ({ kind: "queued", position });

function ask(tenant: QuietTenant, id: string, fields: Partial<SlotRequest> = {}): Promise<SlotAnswer | undefined> {
  const request: SlotRequest = {
    executionId: id,
    cell: `cell of ${id}`,
    key: "k",
    limit: 1,
    strategy: "queue",
    priority: 0,
    ...fields,
  };
  return tenant.ask((exchange) => exchange.slots.acquire(request));
}

const release = (tenant: QuietTenant, id: string) => tenant.ask((exchange) => exchange.slots.release(id));
const position = (tenant: QuietTenant, id: string) => tenant.ask((exchange) => exchange.slots.position(id));

test("as many as the limit are granted, the next queue and are told in turn, in their own cells", async () => {
  const tenant = new QuietTenant(running);
  expect(await ask(tenant, "a", { limit: 2 })).toEqual(GRANTED);
  expect(await ask(tenant, "b", { limit: 2 })).toEqual(GRANTED);
  expect(await ask(tenant, "c", { limit: 2 })).toEqual(queued(1));
  expect(await ask(tenant, "d", { limit: 2 })).toEqual(queued(2));
  expect(await ask(tenant, "e", { limit: 2, key: "another" })).toEqual(GRANTED);
  await release(tenant, "a");
  await tenant.pass(100);
  expect(tenant.told).toEqual([{ cell: "cell of c", execution: "c", command: { type: "release" } }]);
  expect(await position(tenant, "d")).toBe(1);
  expect(await position(tenant, "c")).toBeNull();
});

test("asking again gives the same place, and takes no second slot", async () => {
  const tenant = new QuietTenant(running);
  await ask(tenant, "a");
  await ask(tenant, "b");
  expect(await ask(tenant, "a")).toEqual(GRANTED);
  expect(await ask(tenant, "b")).toEqual(queued(1));
  expect(await ask(tenant, "a", { strategy: "cancel_running" })).toEqual(GRANTED);
  expect(tenant.words).toEqual([]);
  expect(tenant.rows("SELECT * FROM slots")).toHaveLength(2);
});

test("higher priority goes first, equal priority in the order of arrival", async () => {
  const tenant = new QuietTenant(running);
  await ask(tenant, "a");
  for (const [id, priority] of [
    ["low", -1],
    ["first", 0],
    ["second", 0],
    ["high", 5],
  ] as const)
    await ask(tenant, id, { priority });
  expect(await position(tenant, "high")).toBe(1);
  expect(await position(tenant, "second")).toBe(3);
  for (const id of ["a", "high", "first", "second"]) {
    await release(tenant, id);
    await tenant.pass(10);
  }
  expect(tenant.words).toEqual(["release high", "release first", "release second", "release low"]);
});

test("who rejects is rejected while the key is full, and is not in the queue", async () => {
  const tenant = new QuietTenant(running);
  await ask(tenant, "a");
  expect(await ask(tenant, "b", { strategy: "reject" })).toEqual({ kind: "rejected" });
  await release(tenant, "a");
  expect(await ask(tenant, "c", { strategy: "reject" })).toEqual(GRANTED);
  await tenant.pass(60_000);
  expect(tenant.words).toEqual([]);
});

test("a holder that is dead makes room for who would be rejected, but not in its first ten seconds", async () => {
  const tenant = new QuietTenant(running, () => false);
  await ask(tenant, "a");
  await tenant.pass(9_000);
  expect(await ask(tenant, "b", { strategy: "reject" })).toEqual({ kind: "rejected" });
  await tenant.pass(2_000);
  expect(await ask(tenant, "b", { strategy: "reject" })).toEqual(GRANTED);
  expect(tenant.asked).toEqual(["a"]);
});

test("a holder whose cell cannot be asked is believed to live", async () => {
  const tenant = new QuietTenant(running, () => {
    throw new Error("away");
  });
  await ask(tenant, "a");
  await tenant.pass(11_000);
  expect(await ask(tenant, "b", { strategy: "reject" })).toEqual({ kind: "rejected" });
});

test("while somebody queues, the dead are found every 15 s, in the queue too", async () => {
  const alive = new Set(["a", "b", "c"]);
  const tenant = new QuietTenant(running, (id) => alive.has(id));
  for (const id of ["a", "b", "c"]) await ask(tenant, id);
  await tenant.pass(40_000);
  expect(tenant.words).toEqual([]);
  alive.delete("b");
  await tenant.pass(16_000);
  expect(await position(tenant, "c")).toBe(1);
  alive.delete("a");
  await tenant.pass(16_000);
  expect(tenant.words).toEqual(["release c"]);
});

test("the newest request says how many may run", async () => {
  const tenant = new QuietTenant(running);
  for (const id of ["a", "b", "c"]) await ask(tenant, id);
  expect(await ask(tenant, "d", { limit: 3 })).toEqual(queued(1));
  await tenant.pass(10);
  expect(tenant.words.toSorted()).toEqual(["release b", "release c"]);
});

test("a newer execution cancels the oldest and all that queue, goes first, and begins when they are gone", async () => {
  const tenant = new QuietTenant(running);
  for (const id of ["a", "b", "c"]) await ask(tenant, id, { limit: 2 });
  expect(await ask(tenant, "d", { limit: 2, strategy: "cancel_running" })).toEqual(queued(1));
  await ask(tenant, "e", { limit: 2, priority: 9 });
  await tenant.pass(100);
  expect(tenant.words.toSorted()).toEqual(["cancel a", "cancel c"]);
  expect(tenant.told[0]?.command).toEqual({ type: "cancel", reason: "replaced by a newer execution" });
  expect(await position(tenant, "d")).toBe(1);
  await release(tenant, "a");
  await tenant.pass(10);
  expect(tenant.words.slice(2)).toEqual(["release d"]);
});

test("a holder that has ended at once when it was cancelled needs not to say so", async () => {
  const tenant = new QuietTenant(({ execution, command }) =>
    success(record(execution, command.type === "cancel" ? "canceled" : "running")),
  );
  await ask(tenant, "a");
  await ask(tenant, "b", { strategy: "cancel_running" });
  await tenant.pass(100);
  expect(tenant.words).toEqual(["cancel a", "release b"]);
});

test.each<[what: string, answer: Answer]>([
  ["is not there", null],
  ["has ended", failure("CONFLICT", "It has ended.")],
  ["was cancelled", success(record("b", "canceled"))],
])("a slot goes on to the next when its execution %s", async (_, answer) => {
  const tenant = new QuietTenant((told) => (told.execution === "b" ? answer : running(told)));
  for (const id of ["a", "b", "c"]) await ask(tenant, id);
  await tenant.pass(12_000);
  await release(tenant, "a");
  await tenant.pass(100);
  expect(tenant.words).toEqual(["release b", "release c"]);
});

test("an execution that its cell does not know yet is told again until it exists", async () => {
  const since: number[] = [];
  const tenant = new QuietTenant((told) => {
    since.push(tenant.clock.now());
    return since.length < 3 ? null : running(told);
  });
  await ask(tenant, "a");
  await ask(tenant, "b");
  await release(tenant, "a");
  await tenant.pass(60_000);
  expect(tenant.words).toEqual(["release b", "release b", "release b"]);
  expect(await ask(tenant, "c")).toEqual(queued(1));
});

test("a cell that cannot be reached, or says nothing, is told again and again, ever more seldom", async () => {
  const at: number[] = [];
  const tenant = new QuietTenant(() => {
    at.push(tenant.clock.now());
    return at.length === 1 ? "silent" : "unreachable";
  });
  await ask(tenant, "a");
  await ask(tenant, "b");
  await release(tenant, "a");
  await tenant.pass(300_000);
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(8);
  expect(gaps.at(-1)).toBe(30_000);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
});

test("at most sixteen cells are told at once", async () => {
  let atOnce = 0;
  let most = 0;
  const tenant = new QuietTenant(async (told) => {
    most = Math.max(most, ++atOnce);
    await tenant.pause(50);
    atOnce -= 1;
    return running(told);
  });
  await ask(tenant, "first");
  for (let n = 0; n < 60; n++) await ask(tenant, `exec_${n}`);
  await ask(tenant, "last", { limit: 62 });
  await tenant.pass(1_000);
  expect(new Set(tenant.words).size).toBe(60);
  expect(most).toBe(16);
});

test("a key whose holders ended in order leaves no row, and no alarm behind for long", async () => {
  const tenant = new QuietTenant(running);
  await ask(tenant, "a");
  await ask(tenant, "b");
  await release(tenant, "a");
  await release(tenant, "b");
  await release(tenant, "never heard of");
  await tenant.pass(20_000);
  expect(tenant.rows("SELECT execution FROM slots UNION ALL SELECT key FROM slot_keys")).toEqual([]);
  expect(tenant.hasAlarm).toBe(false);
});
