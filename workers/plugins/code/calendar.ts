import type { Host } from "./machine.ts";
import { viewOf } from "./memory-text.ts";

/*
 * C's `struct tm` in a program's memory, always in UTC: a transform has no other time zone.
 */

const DAY_MS = 86_400_000;

/** Writes the time `seconds` (since 1970) to the structure at `at`. */
export function writeCalendar(host: Host, seconds: bigint, at: number): void {
  const date = new Date(Number(seconds) * 1_000);
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear() - 1_900,
    date.getUTCDay(),
    Math.floor((date.getTime() - yearStart) / DAY_MS),
    0,
    0,
  ];
  const view = viewOf(host);
  for (const [index, value] of fields.entries()) view.setInt32(at + index * 4, value, true);
}

/** Seconds since 1970 of the structure at `at`, whose fields it puts into their ranges as `mktime` does. */
export function readCalendar(host: Host, at: number): bigint {
  const view = viewOf(host);
  const field = (index: number): number => view.getInt32(at + index * 4, true);
  const date = new Date(0);
  date.setUTCFullYear(field(5) + 1_900, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0));
  const seconds = Math.floor(date.getTime() / 1_000);
  if (!Number.isFinite(seconds)) return -1n;
  writeCalendar(host, BigInt(seconds), at);
  return BigInt(seconds);
}
