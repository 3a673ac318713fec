import { expect, test } from "vitest";
import { Placement, type Owner } from "./placement.ts";
import { FIRST_SHARD_MAP, growShards } from "./shard-map.ts";

const KEY = new Uint8Array(32).fill(7);
const owner: Owner = { tenantId: "ten_0123456789abcdefghjkmnpqrs", environment: "live" };
const random = () => crypto.getRandomValues(new Uint8Array(8));
const placement = new Placement(KEY);

test("an id finds the object it was placed in", () => {
  for (const kind of ["cell", "isolated"] as const) {
    const placed = placement.place(owner, { kind, now: Date.now(), random: random() });
    expect(placed.executionId).toMatch(/^exec_[0-9a-z]{40}$/);
    expect(placement.locate(owner, placed.executionId)).toBe(placed.cell);
  }
});

test("an id finds its object in any shard, however many there are by then", () => {
  const shards = growShards(FIRST_SHARD_MAP, 7, Date.now());
  const cells = Array.from({ length: 200 }, () => {
    const placed = placement.place(owner, { kind: "cell", now: Date.now(), random: random(), shards });
    expect(placement.locate(owner, placed.executionId)).toBe(placed.cell);
    const child = placement.child(owner, placed.executionId, "step");
    expect(placement.locate(owner, child)).toBe(placed.cell);
    return placed.cell;
  });
  expect(new Set(cells).size).toBe(7);
});

test("an id is nothing to another tenant, environment or deployment", () => {
  const { executionId } = placement.place(owner, { kind: "cell", now: Date.now(), random: random() });
  expect(placement.locate({ ...owner, tenantId: "ten_1123456789abcdefghjkmnpqrs" }, executionId)).toBeNull();
  expect(placement.locate({ ...owner, environment: "test" }, executionId)).toBeNull();
  expect(new Placement(new Uint8Array(32).fill(8)).locate(owner, executionId)).toBeNull();
});

test("changing any one letter of an id makes it unknown", () => {
  const { executionId } = placement.place(owner, { kind: "isolated", now: Date.now(), random: random() });
  for (let at = 5; at < executionId.length; at += 1) {
    const forged = executionId.slice(0, at) + (executionId[at] === "0" ? "1" : "0") + executionId.slice(at + 1);
    expect(placement.locate(owner, forged)).toBeNull();
  }
  expect(placement.locate(owner, executionId.toUpperCase())).toBeNull();
});

test("an id shows nothing of its tenant", () => {
  const { executionId } = placement.place(owner, { kind: "cell", now: 0, random: new Uint8Array(8) });
  expect(executionId).not.toContain(owner.tenantId.slice(4, 12));
});

test("equal idempotency keys meet in one object, other keys and tenants do not", () => {
  const wish = { kind: "isolated" as const, now: 1, idempotencyKey: "order-1" };
  const first = placement.place(owner, { ...wish, random: random() });
  expect(placement.place(owner, { ...wish, now: 2, random: random() }).cell).toBe(first.cell);
  expect(placement.place(owner, { ...wish, idempotencyKey: "order-2", random: random() }).cell).not.toBe(first.cell);
});

test("later ids sort after earlier ones", () => {
  const at = (now: number) => placement.place(owner, { kind: "cell", now, random: random() }).executionId;
  const ids = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map(at);
  expect([...ids].sort()).toEqual(ids);
});

test("an execution that a step starts lies in its parent's object, once for one seed", () => {
  for (const kind of ["cell", "isolated"] as const) {
    const { executionId, cell } = placement.place(owner, { kind, now: 5, random: random() });
    const child = placement.child(owner, executionId, "call#1");
    expect(placement.locate(owner, child)).toBe(cell);
    expect(placement.child(owner, executionId, "call#1")).toBe(child);
    expect(new Set([executionId, child, placement.child(owner, executionId, "call#2")]).size).toBe(3);
    const foreign = { ...owner, tenantId: "ten_1123456789abcdefghjkmnpqrs" };
    expect(placement.locate(foreign, child)).toBeNull();
  }
});
