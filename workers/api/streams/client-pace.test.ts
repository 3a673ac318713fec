import { expect, test } from "vitest";
import { WINDOW_CHARS, WINDOW_EVENTS } from "../../../contracts/stream-frames.ts";
import { ClientPace } from "./client-pace.ts";

test("a client that acknowledges has at most a window under way", () => {
  const pace = new ClientPace(() => 0, true);
  for (let id = 1; id <= WINDOW_EVENTS; id += 1) {
    expect(pace.open).toBe(true);
    pace.sent(id, 10);
  }
  expect(pace.open).toBe(false);
  pace.taken(1);
  expect(pace.open).toBe(true);
  pace.sent(WINDOW_EVENTS + 1, WINDOW_CHARS);
  pace.taken(WINDOW_EVENTS);
  expect(pace.open, "one large event is a window of its own").toBe(false);
  pace.taken(WINDOW_EVENTS + 1);
  expect(pace.open).toBe(true);
});

test("one that says nothing is sent so much, and then what it may have read since", () => {
  let now = 0;
  const pace = new ClientPace(() => now, false);
  let sent = 0;
  for (let id = 1; pace.open; id += 1) {
    pace.sent(id, 65_536);
    sent += 65_536;
  }
  expect(sent).toBe(4_194_304);
  now = 1_000;
  expect(pace.open).toBe(true);
  pace.sent(100, 65_536);
  expect(pace.open).toBe(false);
  now = 3_600_000;
  pace.sent(101, 65_536);
  expect(pace.open, "an hour saves no more than the first allowance").toBe(true);
});
