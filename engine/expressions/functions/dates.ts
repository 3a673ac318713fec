import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { kindOf } from "../values.ts";

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z|z)|([+-])(\d{2}):?(\d{2}))?)?$/;
const FURTHEST = 8.64e15;
const DAY_MS = 86_400_000;
const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Milliseconds since 1970 as ISO 8601 in UTC, with milliseconds. */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds since 1970 of ISO 8601 text (UTC where it names no zone) or of a number of milliseconds. */
export function readDate(value: Json): number {
  if (typeof value === "number" && Math.abs(value) <= FURTHEST) return Math.trunc(value);
  if (typeof value !== "string")
    throw new ExpressionError(
      `date reads ISO 8601 text or milliseconds, not ${typeof value === "number" ? "a time so far off" : kindOf(value)}`,
    );
  const parts = ISO.exec(value.trim());
  const time = parts === null ? undefined : fromParts(parts);
  if (time === undefined)
    throw new ExpressionError(`date cannot read ${JSON.stringify(value.slice(0, 40))} as ISO 8601`);
  return time;
}

function fromParts(parts: RegExpExecArray): number | undefined {
  const number = (index: number): number => Number(parts[index] ?? 0);
  const [year, month, day, hour, minute, second] = [number(1), number(2), number(3), number(4), number(5), number(6)];
  if (hour > 23 || minute > 59 || second > 59 || number(10) > 23 || number(11) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (number(10) * 60 + number(11)) * (parts[9] === "-" ? -1 : 1);
  const milliseconds = Math.trunc(Number(`0.${parts[7] ?? "0"}`) * 1_000);
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1_000 + milliseconds;
}

const padded = (value: number, width = 2): string => String(value).padStart(width, "0");

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;

const TOKENS: Record<string, (date: Date) => string> = {
  Y: (date) => padded(date.getUTCFullYear(), 4),
  y: (date) => padded(date.getUTCFullYear() % 100),
  m: (date) => padded(date.getUTCMonth() + 1),
  B: (date) => MONTHS[date.getUTCMonth()] ?? "",
  b: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  d: (date) => padded(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()),
  j: (date) => padded(dayOfYear(date), 3),
  A: (date) => DAYS[date.getUTCDay()] ?? "",
  a: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
  u: (date) => String(date.getUTCDay() || 7),
  H: (date) => padded(date.getUTCHours()),
  I: (date) => padded(date.getUTCHours() % 12 || 12),
  p: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  M: (date) => padded(date.getUTCMinutes()),
  S: (date) => padded(date.getUTCSeconds()),
  L: (date) => padded(date.getUTCMilliseconds(), 3),
  F: (date) => isoDate(date.getTime()).slice(0, 10),
  T: (date) => isoDate(date.getTime()).slice(11, 19),
  s: (date) => String(Math.floor(date.getTime() / 1_000)),
  z: () => "+0000",
  Z: () => "UTC",
  "%": () => "%",
};

/** What the `%` tokens of `date` are, for messages and docs. */
export const DATE_TOKENS = Object.keys(TOKENS);

/** A time by a strftime format, always in UTC. */
export function formatDate(ms: number, format: string): string {
  const date = new Date(ms);
  let text = "";
  for (let at = 0; at < format.length; at += 1) {
    const character = format.charAt(at);
    if (character !== "%") {
      text += character;
      continue;
    }
    at += 1;
    const token = TOKENS[format.charAt(at)];
    if (token === undefined)
      throw new ExpressionError(
        `date does not know %${format.charAt(at)}; it knows ${DATE_TOKENS.map((name) => `%${name}`).join(" ")}`,
      );
    text += token(date);
  }
  return text;
}
