import { expect, test } from "vitest";
import { Placement } from "./placement.ts";
import { BUCKET_COUNT, FIRST_SHARD_MAP, formerShards, growShards, MOST_SHARDS } from "./shard-map.ts";

const DAY_MS = 86_400_000;

test("growing gives every shard about as many buckets, and moves no more than the new ones need", () => {
  let map = FIRST_SHARD_MAP;
  for (const count of [2, 3, 5, 8, 64, 256]) {
    const before = map;
    map = growShards(map, count, 1_000);
    const held = Array.from({ length: count }, (_, shard) => map.buckets.filter((it) => it === shard).length);
    const least = Math.floor(BUCKET_COUNT / count);
    expect(Math.min(...held)).toBeGreaterThanOrEqual(least);
    const moved = map.buckets.filter((shard, bucket) => shard !== before.buckets[bucket]).length;
    expect(moved).toBe(least * (count - before.count));
    expect(map.version).toBe(before.version + 1);
  }
});

test("shards only grow, and not without end", () => {
  const map = growShards(FIRST_SHARD_MAP, 4, 0);
  for (const count of [4, 1, MOST_SHARDS + 1, 5.5]) expect(() => growShards(map, count, 0)).toThrow("only grow");
});

test("where a bucket was is known for a day, the last place first", () => {
  const once = growShards(FIRST_SHARD_MAP, 2, 0);
  const twice = growShards(once, 256, 1_000);
  const bucket = twice.buckets.findIndex((shard, at) => shard > 1 && once.buckets[at] === 1);
  expect(formerShards(twice, bucket, 2_000)).toEqual([1, 0]);
  expect(formerShards(twice, bucket, 2 * DAY_MS)).toEqual([]);
  expect(growShards(growShards(FIRST_SHARD_MAP, 2, 0), 3, 2 * DAY_MS).moves.every(({ at }) => at > 0)).toBe(true);
});

test("ids of every shard find their cell, whatever map made them", () => {
  const placement = new Placement(new Uint8Array(32).fill(7));
  const owner = { tenantId: "ten_a", environment: "live" as const };
  const shards = growShards(FIRST_SHARD_MAP, 9, 0);
  const cells = new Set<string>();
  for (let n = 0; n < 200; n += 1) {
    const wish = {
      kind: "cell" as const,
      now: 1_000,
      random: new Uint8Array(8).fill(n),
      idempotencyKey: `key ${n}`,
      shards,
    };
    const { executionId, cell, former } = placement.place(owner, wish);
    expect(placement.locate(owner, executionId)).toBe(cell);
    expect(former).toEqual(cell.endsWith("/s0") ? [] : ["global/ten_a/live/s0"]);
    cells.add(cell);
  }
  expect(cells.size).toBe(9);
});
