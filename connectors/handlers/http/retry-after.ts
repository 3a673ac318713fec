import type { Json } from "../../../engine/json.ts";

/** Seconds or an HTTP date → milliseconds from `now`; undefined when it says nothing. */
export function retryAfterMs(value: Json | undefined, now: number): number | undefined {
  if (typeof value !== "string") return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
