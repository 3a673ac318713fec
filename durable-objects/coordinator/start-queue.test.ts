import { expect, test } from "vitest";
import type { CellStorage } from "./cell-storage.ts";
import { StartQueue } from "./start-queue.ts";

function queueOf(rows: [execution: string, workflow: string, priority?: number][]): StartQueue {
  const stored = rows.map(([execution, workflow, priority = 0]) => ({ execution, workflow, priority }));
  const storage: Pick<CellStorage, "queued"> = { queued: () => stored };
  return new StartQueue(storage);
}

function drained(queue: StartQueue): string[] {
  const order: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) order.push(next);
  return order;
}

test("workflows have their turns, however many of one came first", () => {
  const queue = queueOf([
    ["a1", "a"],
    ["a2", "a"],
    ["a3", "a"],
    ["a4", "a"],
    ["b1", "b"],
    ["c1", "c"],
    ["b2", "b"],
  ]);
  expect(drained(queue)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
});

test("within a workflow the higher priority goes first, then who came first", () => {
  const queue = queueOf([
    ["a1", "a"],
    ["a2", "a", 5],
    ["b1", "b"],
    ["a3", "a", 5],
    ["a4", "a", 9],
  ]);
  expect(drained(queue)).toEqual(["a4", "b1", "a2", "a3", "a1"]);
});

test("a workflow that comes while others wait is next, and one that comes back is not", () => {
  const queue = queueOf([
    ["a1", "a"],
    ["a2", "a"],
    ["a3", "a"],
    ["b1", "b"],
  ]);
  expect([queue.next(), queue.next()]).toEqual(["a1", "b1"]);
  queue.add("c1", "c", 0);
  queue.add("b2", "b", 0);
  expect(drained(queue)).toEqual(["c1", "a2", "b2", "a3"]);
});

test("one that leaves the queue, or is added twice, is not served for it", () => {
  const queue = queueOf([
    ["a1", "a"],
    ["b1", "b"],
    ["a2", "a"],
  ]);
  queue.remove("a1");
  queue.remove("nobody");
  queue.add("b1", "b", 0);
  expect([queue.size, queue.has("a1"), queue.has("b1")]).toEqual([2, false, true]);
  expect(drained(queue)).toEqual(["a2", "b1"]);
  expect(queue.size).toBe(0);
});

test("the position of everyone is where it stands in the order in which they go", () => {
  const rows: [string, string, number?][] = [
    ["a1", "a"],
    ["a2", "a", 5],
    ["b1", "b"],
    ["a3", "a"],
    ["c1", "c"],
    ["b2", "b", 9],
    ["a4", "a"],
  ];
  for (let served = 0; served < rows.length; served += 1) {
    const queue = queueOf(rows);
    for (let n = 0; n < served; n += 1) queue.next();
    const positions = rows
      .map(([id]) => [id, queue.position(id)] as const)
      .filter(([, position]) => position !== undefined);
    const order = drained(queue);
    expect(Object.fromEntries(positions)).toEqual(Object.fromEntries(order.map((id, index) => [id, index + 1])));
  }
});
