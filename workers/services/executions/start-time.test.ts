import { expect, test } from "vitest";
import { startTime, startTimeProblems } from "./start-time.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DAY_MS = 86_400_000;

test("a delay counts from now, a time with an offset is that moment", () => {
  expect(startTime({ delay: "1.5h" }, NOW)).toBe(NOW + 5_400_000);
  expect(startTime({ delay: 30 }, NOW)).toBe(NOW + 30_000);
  expect(startTime({ start_at: "2026-11-20T15:00:00+02:00" }, NOW)).toBe(NOW + 3_600_000);
});

test("no delay, and a time in the past, are now", () => {
  expect(startTime({}, NOW)).toBeUndefined();
  expect(startTime({ delay: 0 }, NOW)).toBeUndefined();
  expect(startTime({ start_at: "2020-01-01T00:00:00Z" }, NOW)).toBeUndefined();
});

test("a start names one time, and none beyond 366 days", () => {
  const iso = (at: number) => new Date(at).toISOString();
  expect(startTimeProblems({ delay: 1, start_at: iso(NOW) }, NOW)).toMatchObject([{ path: "/start_at" }]);
  expect(startTimeProblems({ start_at: iso(NOW + 366 * DAY_MS) }, NOW)).toEqual([]);
  expect(startTimeProblems({ start_at: iso(NOW + 366 * DAY_MS + 1_000) }, NOW)).toMatchObject([{ path: "/start_at" }]);
});
