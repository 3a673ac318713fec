import type { UsageRange } from "./usage-range.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface UsageSegment extends UsageRange {
  source: "day" | "hour" | "record";
}

/**
 * From what a range is summed: whole days from the sums of days (unless hours are asked for), whole hours around them from those
 * of hours, and what is left at both ends from the records. Exact, whatever the range.
 */
export function usageSegments({ from, to }: UsageRange, hours: boolean): UsageSegment[] {
  return hours ? around(from, to, HOUR_MS, "hour", records) : around(from, to, DAY_MS, "day", byHour);
}

function byHour(from: number, to: number): UsageSegment[] {
  return around(from, to, HOUR_MS, "hour", records);
}

function records(from: number, to: number): UsageSegment[] {
  return from < to ? [{ source: "record", from, to }] : [];
}

function around(
  from: number,
  to: number,
  unit: number,
  source: "day" | "hour",
  finer: (from: number, to: number) => UsageSegment[],
): UsageSegment[] {
  const first = Math.ceil(from / unit) * unit;
  const last = Math.floor(to / unit) * unit;
  if (first >= last) return finer(from, to);
  return [...finer(from, first), { source, from: first, to: last }, ...finer(last, to)];
}
