import * as z from "zod";
import { durationMs } from "../../engine/definition/duration.ts";

const DURATION = /^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)?$/;
const META = { type: ["number", "string"], description: "Seconds, or text with a unit.", example: 30 } as const;

function isDuration(value: unknown): value is number | string {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0;
  return typeof value === "string" && DURATION.test(value);
}

/** Seconds, or text with a unit: 30, "30s", "5m". */
export const duration = z
  .custom<number | string>(isDuration, 'must be a number of seconds, or text such as "30s" or "5m".')
  .meta(META);

/** A duration of at most `mostMs`, which people call `most`. */
export function durationUpTo(mostMs: number, most: string) {
  return z
    .custom<number | string>(
      (value) => isDuration(value) && (durationMs(value) ?? Number.POSITIVE_INFINITY) <= mostMs,
      `must be a number of seconds, or text such as "30s" or "5m", and at most ${most}.`,
    )
    .meta(META);
}

/** How far ahead anything may be put off. */
export const FARTHEST_MS = 366 * 86_400_000;
export const farDuration = durationUpTo(FARTHEST_MS, "366 days");
