import type { Host } from "./machine.ts";
import { readText, viewOf } from "./memory-text.ts";

const MOST_BYTES = 1_024;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const LONG_MONTHS = [
  ...["january", "february", "march", "april", "may", "june", "july"],
  ...["august", "september", "october", "november", "december"],
];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const LONG_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/** Conversions that stand for others. */
const WRITTEN_OUT: Readonly<Record<string, string>> = {
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  R: "%H:%M",
  T: "%H:%M:%S",
  c: "%a %b %e %H:%M:%S %Y",
  h: "%b",
  r: "%I:%M:%S %p",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
};

/** Places in C's `struct tm`. */
const FIELD = { second: 0, minute: 1, hour: 2, day: 3, month: 4, year: 5, weekDay: 6, yearDay: 7, offset: 9 } as const;

interface Reading {
  text: string;
  at: number;
  fields: Map<number, number>;
  afternoon: boolean | null;
}

/**
 * C's `strptime`: reads the text at `textAt` by the format at `formatAt` into the `struct tm` at `tmAt`. Answers where it
 * stopped reading, 0 when the text does not fit.
 */
export function strptime(host: Host, textAt: number, formatAt: number, tmAt: number): number {
  const reading: Reading = { text: readText(host, textAt, MOST_BYTES), at: 0, fields: new Map(), afternoon: null };
  if (!readFormat(reading, expand(readText(host, formatAt, MOST_BYTES)))) return 0;
  const { fields, afternoon } = reading;
  placeDayOfYear(fields);
  const hour = fields.get(FIELD.hour);
  if (afternoon !== null && hour !== undefined) fields.set(FIELD.hour, (hour % 12) + (afternoon ? 12 : 0));
  const view = viewOf(host);
  for (const [field, value] of fields) view.setInt32(tmAt + field * 4, value, true);
  return textAt + new TextEncoder().encode(reading.text.slice(0, reading.at)).length;
}

/** A year and the day in it say the month and its day. */
function placeDayOfYear(fields: Map<number, number>): void {
  const [year, yearDay] = [fields.get(FIELD.year), fields.get(FIELD.yearDay)];
  if (year === undefined || yearDay === undefined || fields.has(FIELD.month) || fields.has(FIELD.day)) return;
  const date = new Date(Date.UTC(year + 1_900, 0, 1 + yearDay));
  fields.set(FIELD.month, date.getUTCMonth());
  fields.set(FIELD.day, date.getUTCDate());
}

function expand(format: string): string {
  return format.replace(/%[EO]?([a-zA-Z%])/g, (whole, letter: string) => WRITTEN_OUT[letter] ?? whole);
}

function readFormat(reading: Reading, format: string): boolean {
  for (let at = 0; at < format.length; at += 1) {
    const letter = format.charAt(at);
    if (/\s/.test(letter)) skipSpace(reading);
    else if (letter !== "%") {
      if (reading.text.charAt(reading.at) !== letter) return false;
      reading.at += 1;
    } else {
      at += /[EO]/.test(format.charAt(at + 1)) ? 2 : 1;
      if (!convert(reading, format.charAt(at))) return false;
    }
  }
  return true;
}

function skipSpace(reading: Reading): void {
  while (/\s/.test(reading.text.charAt(reading.at))) reading.at += 1;
}

function convert(reading: Reading, letter: string): boolean {
  const set = (field: number, value: number): void => void reading.fields.set(field, value);
  const digits = (most: number, low: number, high: number, keep: (value: number) => void): boolean =>
    readDigits(reading, most, low, high, keep);
  switch (letter) {
    case "Y":
      return digits(4, 0, 9_999, (year) => set(FIELD.year, year - 1_900));
    case "y":
      return digits(2, 0, 99, (year) => set(FIELD.year, year < 69 ? year + 100 : year));
    case "m":
      return digits(2, 1, 12, (month) => set(FIELD.month, month - 1));
    case "d":
    case "e":
      skipSpace(reading);
      return digits(2, 1, 31, (day) => set(FIELD.day, day));
    case "H":
    case "k":
      return digits(2, 0, 23, (hour) => set(FIELD.hour, hour));
    case "I":
    case "l":
      return digits(2, 1, 12, (hour) => set(FIELD.hour, hour));
    case "M":
      return digits(2, 0, 59, (minute) => set(FIELD.minute, minute));
    case "S":
      return digits(2, 0, 60, (second) => set(FIELD.second, second));
    case "j":
      return digits(3, 1, 366, (day) => set(FIELD.yearDay, day - 1));
    case "u":
      return digits(1, 1, 7, (day) => set(FIELD.weekDay, day % 7));
    case "w":
      return digits(1, 0, 6, (day) => set(FIELD.weekDay, day));
    case "s":
      return readEpoch(reading);
    case "b":
    case "B":
      return readName(reading, [LONG_MONTHS, MONTHS], (month) => set(FIELD.month, month));
    case "a":
    case "A":
      return readName(reading, [LONG_DAYS, DAYS], (day) => set(FIELD.weekDay, day));
    case "p":
      return readName(reading, [["am", "pm"]], (half) => {
        reading.afternoon = half === 1;
      });
    case "z":
      return readOffset(reading);
    case "Z":
      return readPattern(reading, /[A-Za-z]+/y) !== null;
    case "n":
    case "t":
      skipSpace(reading);
      return true;
    case "%":
      return readPattern(reading, /%/y) !== null;
    default:
      return false;
  }
}

function readPattern(reading: Reading, pattern: RegExp): string | null {
  pattern.lastIndex = reading.at;
  const found = pattern.exec(reading.text)?.[0];
  if (found === undefined) return null;
  reading.at += found.length;
  return found;
}

function readDigits(reading: Reading, most: number, low: number, high: number, keep: (value: number) => void): boolean {
  const found = readPattern(reading, new RegExp(`\\d{1,${most}}`, "y"));
  const value = Number(found ?? "NaN");
  if (!(value >= low && value <= high)) return false;
  keep(value);
  return true;
}

function readName(reading: Reading, names: readonly string[][], keep: (index: number) => void): boolean {
  const rest = reading.text.slice(reading.at).toLowerCase();
  for (const list of names) {
    const index = list.findIndex((name) => rest.startsWith(name));
    if (index < 0) continue;
    reading.at += list[index]?.length ?? 0;
    keep(index);
    return true;
  }
  return false;
}

function readOffset(reading: Reading): boolean {
  const found = readPattern(reading, /Z|[+-]\d{2}:?\d{2}/y);
  if (found === null) return false;
  const [, sign, hours = "0", minutes = "0"] = /([+-])(\d{2}):?(\d{2})/.exec(found) ?? [];
  reading.fields.set(FIELD.offset, (Number(hours) * 3_600 + Number(minutes) * 60) * (sign === "-" ? -1 : 1));
  return true;
}

function readEpoch(reading: Reading): boolean {
  const found = readPattern(reading, /-?\d{1,12}/y);
  if (found === null) return false;
  const date = new Date(Number(found) * 1_000);
  const { fields } = reading;
  fields.set(FIELD.second, date.getUTCSeconds());
  fields.set(FIELD.minute, date.getUTCMinutes());
  fields.set(FIELD.hour, date.getUTCHours());
  fields.set(FIELD.day, date.getUTCDate());
  fields.set(FIELD.month, date.getUTCMonth());
  fields.set(FIELD.year, date.getUTCFullYear() - 1_900);
  return true;
}
