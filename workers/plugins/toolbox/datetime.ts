import type { DateTime, DurationLikeObject } from "luxon";
import type { JsonObject } from "../../../engine/json.ts";
import { businessDaysBetween, addBusinessDays, calendarOf } from "./business-days.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { numberOf, textOf } from "./read-input.ts";

/** Read at the first use: most isolates of the toolbox never see a date. */
const library = () => import("luxon");

type Read = { ok: true; at: DateTime } | Extract<Outcome, { ok: false }>;

/** A member of the input as a moment: ISO 8601, or epoch ms; without an offset of its own it is local to `zone`. */
async function momentOf(input: JsonObject, name: string, zoneMember = "zone"): Promise<Read> {
  const { DateTime, IANAZone } = await library();
  const written = textOf(input, zoneMember, "UTC");
  const zone = zoneOf(written);
  if (zone !== "UTC" && !/^UTC[+-]/.test(zone) && !IANAZone.isValidZone(zone)) {
    return refuse(
      `"${written.slice(0, 60)}" is not a time zone: name one such as Europe/Berlin, or an offset such as +02:00`,
      {
        field: zoneMember,
      },
    );
  }
  const value = input[name];
  const at =
    typeof value === "number"
      ? DateTime.fromMillis(value, { zone })
      : DateTime.fromISO(typeof value === "string" ? value.trim() : "", { zone });
  if (at.isValid)
    return { ok: true, at: typeof value === "number" || HAS_OFFSET.test(String(value)) ? at : firstOf(at) };
  return refuse(
    `\`${name}\` is no moment: write it as ISO 8601, such as 2026-03-01T09:00:00Z, or as milliseconds since 1970`,
    {
      field: name,
    },
  );
}

const HAS_OFFSET = /T.*(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/** A local time that comes twice, the first time: the library itself would choose by what offset is in force today. */
function firstOf(at: DateTime): DateTime {
  return at.getPossibleOffsets()[0] ?? at;
}

/** `+02:00` and `Z` as the library writes them. */
function zoneOf(written: string): string {
  if (/^(?:z|utc|gmt)$/i.test(written)) return "UTC";
  return /^[+-]\d{2}(?::?\d{2})?$/.test(written) ? `UTC${written}` : written;
}

function described(at: DateTime): JsonObject {
  return {
    iso: at.toISO(),
    epoch_ms: at.toMillis(),
    zone: at.zoneName,
    offset_minutes: at.offset,
    date: at.toISODate(),
    time: at.toISOTime({ includeOffset: false }),
    weekday: at.weekday,
    is_dst: at.isInDST,
  };
}

/** A moment of the library, in the output's form; beyond the years that it knows there is none. */
function answer(at: DateTime): Outcome {
  return at.isValid ? done(described(at)) : refuse("The result is no moment that can be written");
}

async function withMoment(
  input: JsonObject,
  name: string,
  work: (at: DateTime) => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  const read = await momentOf(input, name);
  return read.ok ? work(read.at) : read;
}

async function parse(input: JsonObject): Promise<Outcome> {
  const pattern = textOf(input, "format");
  const zoned = await momentOf({ ...input, at: 0 }, "at");
  if (!zoned.ok) return zoned;
  if (pattern === "") return withMoment({ ...input, at: textOf(input, "text") }, "at", answer);
  const { DateTime } = await library();
  const locale = localeOf(input);
  if (locale === undefined) return notALocale(input);
  const text = textOf(input, "text");
  const at = DateTime.fromFormat(text, pattern, { zone: zoned.at.zone, locale });
  if (at.isValid) return answer(/[Zz]/.test(pattern.replace(/'[^']*'/g, "")) ? at : firstOf(at));
  const why = at.invalidExplanation ?? "no moment comes of it";
  return refuse(`"${text.slice(0, 80)}" does not fit the format "${pattern.slice(0, 80)}": ${why.slice(0, 200)}`, {
    field: "text",
  });
}

/** The locale, if there is such a one. */
function localeOf(input: JsonObject): string | undefined {
  try {
    return Intl.getCanonicalLocales(textOf(input, "locale", "en"))[0];
  } catch {
    return undefined;
  }
}

function notALocale(input: JsonObject): Outcome {
  return refuse(`"${textOf(input, "locale").slice(0, 40)}" is not a locale: name one such as en, de or pt-BR`, {
    field: "locale",
  });
}

const STYLES: Readonly<Record<string, (at: DateTime) => string | null>> = {
  iso: (at) => at.toISO(),
  rfc2822: (at) => at.toRFC2822(),
  http: (at) => at.toHTTP(),
  epoch_seconds: (at) => String(Math.floor(at.toSeconds())),
  date: (at) => at.toISODate(),
};

async function format(input: JsonObject): Promise<Outcome> {
  return withMoment(input, "at", (at) => {
    const pattern = textOf(input, "format");
    const locale = localeOf(input);
    if (locale === undefined) return notALocale(input);
    const style = Object.hasOwn(STYLES, pattern) ? STYLES[pattern] : undefined;
    return done({ text: style ? (style(at) ?? "") : at.setLocale(locale).toFormat(pattern) });
  });
}

const UNITS = ["years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"] as const;

async function add(input: JsonObject): Promise<Outcome> {
  const amount: DurationLikeObject = {};
  for (const unit of UNITS) amount[unit] = numberOf(input, unit);
  return withMoment(input, "at", (at) => answer(at.plus(amount)));
}

function numbersOf(parts: object): JsonObject {
  return Object.fromEntries(Object.entries(parts).map(([unit, value]): [string, number] => [unit, Number(value)]));
}

async function diff(input: JsonObject): Promise<Outcome> {
  const unit = UNITS.find((known) => known === input.unit) ?? "days";
  const from = await momentOf(input, "from");
  const to = await momentOf(input, "to");
  if (!from.ok) return from;
  if (!to.ok) return to;
  const exact = to.at.diff(from.at, unit).as(unit);
  const parts = to.at.diff(from.at, ["years", "months", "days", "hours", "minutes", "seconds"]);
  return done({
    value: exact,
    whole: Math.trunc(exact),
    milliseconds: to.at.toMillis() - from.at.toMillis(),
    parts: { ...numbersOf(parts.toObject()) },
    iso: parts.toISO(),
  });
}

const EDGES = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"] as const;

async function edge(input: JsonObject, name: "startOf" | "endOf"): Promise<Outcome> {
  const unit = EDGES.find((known) => known === input.unit) ?? "day";
  return withMoment(input, "at", (at) => answer(at[name](unit)));
}

async function addBusiness(input: JsonObject): Promise<Outcome> {
  return withMoment(input, "at", (at) => {
    const calendar = calendarOf(input);
    if ("ok" in calendar) return calendar;
    return answer(addBusinessDays(at, numberOf(input, "days"), calendar));
  });
}

async function countBusiness(input: JsonObject): Promise<Outcome> {
  const from = await momentOf(input, "from");
  const to = await momentOf(input, "to");
  if (!from.ok) return from;
  if (!to.ok) return to;
  const calendar = calendarOf(input);
  if ("ok" in calendar) return calendar;
  const days = businessDaysBetween(from.at, to.at, calendar);
  return days === undefined ? refuse("The two moments are more than 100 years apart", { field: "to" }) : done({ days });
}

/** Actions of `community/datetime`. */
export const datetime: Record<string, ToolFunction> = {
  now: (input) => withMoment({ ...input, at: Date.now() }, "at", answer),
  parse,
  format,
  add,
  diff,
  convert: (input) => withMoment(input, "at", answer),
  start_of: (input) => edge(input, "startOf"),
  end_of: (input) => edge(input, "endOf"),
  add_business_days: addBusiness,
  count_business_days: countBusiness,
};
