import { expect, test } from "vitest";
import { PlaceBook, type PlaceWanted } from "./place-book.ts";

/** A book whose time the test moves. */
function bookAt() {
  const timers = new Map<() => void, number>();
  const clock = { now: 0 };
  const book = new PlaceBook({
    now: () => clock.now,
    later(ms, task) {
      timers.set(task, clock.now + ms);
      return () => timers.delete(task);
    },
  });
  const pass = async (ms: number): Promise<void> => {
    clock.now += ms;
    for (const [task, due] of [...timers]) if (due <= clock.now && timers.delete(task)) task();
    await settled();
  };
  return { book, pass, timers };
}

const settled = () => new Promise((later) => setTimeout(later));

function wanted(lease: string, more: Partial<PlaceWanted> = {}): PlaceWanted {
  return { key: "k", limit: 2, lease, until: 10_000, waitMs: 5_000, ...more };
}

test("so many calls of a key run at once, the next waits, and gets the place that is given back, in order", async () => {
  const { book, timers } = bookAt();
  expect(await Promise.all([book.take(wanted("a")), book.take(wanted("b"))])).toEqual([true, true]);
  const order: string[] = [];
  const third = book.take(wanted("c")).then((taken) => order.push(`c ${taken}`));
  const fourth = book.take(wanted("d")).then((taken) => order.push(`d ${taken}`));
  await settled();
  expect(order).toEqual([]);
  book.giveBack("k", "a");
  await third;
  expect(order).toEqual(["c true"]);
  book.giveBack("k", "c");
  await fourth;
  expect(order).toEqual(["c true", "d true"]);
  expect(timers.size, "timers that were left").toBe(0);
});

test("keys do not share places, and one that waits in vain is told so in time", async () => {
  const { book, pass } = bookAt();
  await Promise.all([book.take(wanted("a", { limit: 1 })), book.take(wanted("b", { limit: 1, key: "other" }))]);
  expect(await book.take(wanted("c", { limit: 1, waitMs: 0 }))).toBe(false);
  const late = book.take(wanted("d", { limit: 1 }));
  await pass(5_000);
  expect(await late).toBe(false);
  book.giveBack("k", "a");
  expect(await book.take(wanted("e", { limit: 1, waitMs: 0 })), "nobody who is gone took it").toBe(true);
});

test("a call whose end nobody told gives its place back a little after it must be over", async () => {
  const { book, pass } = bookAt();
  await book.take(wanted("lost", { limit: 1, until: 1_000 }));
  await pass(5_999);
  expect(await book.take(wanted("a", { limit: 1, waitMs: 0 }))).toBe(false);
  await pass(1);
  expect(await book.take(wanted("a", { limit: 1, waitMs: 0 }))).toBe(true);
});

test("who waits gets the place of a call whose end nobody told when that is over, in the order of coming", async () => {
  const { book, pass, timers } = bookAt();
  await book.take(wanted("lost", { limit: 1, until: 1_000 }));
  const order: string[] = [];
  const first = book.take(wanted("a", { limit: 1, waitMs: 60_000 })).then((taken) => order.push(`a ${taken}`));
  const second = book.take(wanted("b", { limit: 1, waitMs: 60_000 })).then((taken) => order.push(`b ${taken}`));
  const third = book.take(wanted("c", { limit: 1, waitMs: 7_000 })).then((taken) => order.push(`c ${taken}`));
  await pass(5_999);
  expect(order).toEqual([]);
  await pass(1);
  expect(order).toEqual(["a true"]);
  await pass(1_000);
  expect(order, "a has it until 15,000").toEqual(["a true", "c false"]);
  await pass(8_000);
  expect(order).toEqual(["a true", "c false", "b true"]);
  await Promise.all([first, second, third]);
  expect(timers.size, "timers that were left").toBe(0);
});
