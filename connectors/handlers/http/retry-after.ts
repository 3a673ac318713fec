import type { Json } from "../../../engine/json.ts";

/** The three forms of an HTTP date (RFC 9110, 5.6.7); all are in GMT, also the one that does not say so. */
const HTTP_DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? .+$/;

/** Seconds or an HTTP date → milliseconds from `now`; undefined when it says nothing. */
export function retryAfterMs(value: Json | undefined, now: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!HTTP_DATE.test(text)) return undefined;
  const date = Date.parse(/GMT$|UTC$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
