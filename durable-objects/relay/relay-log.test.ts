import { expect, test } from "vitest";
import { type EventLine, WINDOW_EVENTS } from "../../contracts/stream-frames.ts";
import { RelayLog } from "./relay-log.ts";

function lines(from: number, to: number): EventLine[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index, type: "log", json: "{}" }));
}

test("a relay gives what follows, and says no where it does not have it", () => {
  const log = new RelayLog(10);
  expect(log.following(10)).toEqual({ lines: [], ended: false });
  expect(log.following(9), "it was not there").toBeNull();
  log.add(lines(11, 15), false);
  expect(log.following(12)?.lines.map(({ id }) => id)).toEqual([13, 14, 15]);
  expect(log.following(10)?.lines).toHaveLength(5);
  log.add(lines(14, 16), true);
  expect(log.following(15), "repeats are dropped").toEqual({ lines: lines(16, 16), ended: true });
  expect(log.following(16)).toEqual({ lines: [], ended: true });
  expect(log.following(20), "a reader that is ahead waits").toEqual({ lines: [], ended: false });
});

test("it keeps a window, and forgets what lies before a hole", () => {
  const log = new RelayLog(0);
  log.add(lines(1, WINDOW_EVENTS + 100), false);
  expect(log.following(99)).toBeNull();
  expect(log.following(100)?.lines).toHaveLength(WINDOW_EVENTS);
  expect(log.add(lines(1_000, 1_001), false)).toBe(false);
  expect(log.following(WINDOW_EVENTS + 100)).toBeNull();
  expect(log.following(999)?.lines).toHaveLength(2);
  log.jump(5_000);
  expect([log.tip, log.following(1_001), log.following(5_000)?.lines]).toEqual([5_000, null, []]);
});
