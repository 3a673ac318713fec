import { expect, test } from "vitest";
import type { Host } from "./machine.ts";
import { strptime } from "./strptime.ts";

const TEXT_AT = 100;
const FORMAT_AT = 2_000;
const TM_AT = 0;

/** Seconds, minutes, hours, day, month, year, weekday and day of the year as C sees them; null for a text that does not fit. */
function read(text: string, format: string): { fields: number[]; stopped: number } | null {
  const memory = new Uint8Array(4_096);
  const host: Host = { bytes: () => memory, grow: () => false };
  const encoder = new TextEncoder();
  memory.set(encoder.encode(text), TEXT_AT);
  memory.set(encoder.encode(format), FORMAT_AT);
  const end = strptime(host, TEXT_AT, FORMAT_AT, TM_AT);
  if (end === 0) return null;
  return { fields: [...new Int32Array(memory.buffer, TM_AT, 8)], stopped: end - TEXT_AT };
}

test.each([
  ["2015-03-05T23:51:47Z", "%Y-%m-%dT%H:%M:%SZ", [47, 51, 23, 5, 2, 115, 0, 0]],
  ["10:20 Mon 5 March 2015", "%R %a %d %B %Y", [0, 20, 10, 5, 2, 115, 1, 0]],
  ["12:01 AM", "%I:%M %p", [0, 1, 0, 0, 0, 0, 0, 0]],
  ["12:01 pm", "%I:%M %p", [0, 1, 12, 0, 0, 0, 0, 0]],
  ["68/69", "%y/%S", null],
  ["68", "%y", [0, 0, 0, 0, 0, 168, 0, 0]],
  ["69", "%y", [0, 0, 0, 0, 0, 69, 0, 0]],
  ["2024-366", "%Y-%j", [0, 0, 0, 31, 11, 124, 0, 365]],
  ["01/02/03", "%D", [0, 0, 0, 2, 0, 103, 0, 0]],
  ["86461", "%s", [1, 1, 0, 2, 0, 70, 0, 0]],
  ["  7  %", "%e %%", [0, 0, 0, 7, 0, 0, 0, 0]],
  ["32", "%d", null],
  ["13", "%m", null],
  ["24:00", "%H:%M", null],
  ["Wedding", "%q", null],
  ["2024", "%Y-", null],
  ["x", "%Z%z", null],
])("%s by %s", (text, format, fields) => {
  expect(read(text, format)?.fields ?? null).toEqual(fields);
});

test("where it stopped is counted in bytes, so that what is left over is seen", () => {
  expect(read("März 5", "März %d")?.stopped).toBe(7);
  expect(read("5 left", "%d")?.stopped).toBe(1);
});
