import { expect, test } from "vitest";
import { shardCapacity, shardsFor } from "./shard-load.ts";

const CAPACITY = { starts_per_second: 100, steps_per_second: 1_000, running: 50, most_shards: 8 };
const IDLE = { startsPerSecond: 0, stepsPerSecond: 0, running: 0 };

test("each of starts, steps and what runs can ask for shards, and the one that asks for most decides", () => {
  expect(shardsFor({ ...IDLE, startsPerSecond: 100 }, 1, CAPACITY)).toBe(1);
  expect(shardsFor({ ...IDLE, startsPerSecond: 101 }, 1, CAPACITY)).toBe(2);
  expect(shardsFor({ ...IDLE, stepsPerSecond: 2_001 }, 2, CAPACITY)).toBe(3);
  expect(shardsFor({ startsPerSecond: 150, stepsPerSecond: 10, running: 151 }, 3, CAPACITY)).toBe(4);
});

test("shards at most double at once, stop at the most there may be, and never become fewer", () => {
  const flood = { ...IDLE, startsPerSecond: 1e6 };
  expect([1, 2, 4, 8, 20].map((count) => shardsFor(flood, count, CAPACITY))).toEqual([2, 4, 8, 8, 20]);
  expect(shardsFor(IDLE, 5, CAPACITY)).toBe(5);
});

test("what a deployment writes changes the capacity, and a mistake in it is named", () => {
  expect(shardCapacity('{"running": 7}')).toEqual({ ...shardCapacity(undefined), running: 7 });
  expect(() => shardCapacity('{"runing": 7}')).toThrow('"runing" is none of');
  expect(() => shardCapacity('{"running": 0}')).toThrow("running must be");
  expect(() => shardCapacity('{"most_shards": 257}')).toThrow("from 1 to 256");
});
