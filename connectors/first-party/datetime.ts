import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { boolean, integer, list, map, number, object, oneOf, string } from "./schema-terms.ts";

const moment = (description: string): JsonObject => ({
  type: ["string", "number"],
  description: `${description}: ISO 8601, or milliseconds since 1970. Without an offset it is local to the zone`,
});
const at = moment("The moment");
const zone: JsonObject = string("Time zone such as Europe/Berlin, or an offset such as +02:00", { default: "UTC" });
const locale = string("Language of names of months and days", { default: "en", maxLength: 40 });
const holidays = { ...list("Dates that are not worked on, such as 2026-12-25", { type: "string" }), maxItems: 2_000 };
const weekend: JsonObject = {
  ...list("Weekdays that are not worked on, 1 Monday to 7 Sunday", { type: "integer", minimum: 1, maximum: 7 }),
  default: [6, 7],
};
const unit = oneOf("Which unit", ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]);
const amount = (of: string) =>
  integer(`${of} to add; below zero takes away`, { minimum: -1_000_000_000, maximum: 1_000_000_000 });

const output = object({
  iso: string("ISO 8601 with the zone's offset"),
  epoch_ms: integer("Milliseconds since 1970"),
  zone: string("The time zone"),
  offset_minutes: integer("How far the zone is ahead of UTC at that moment"),
  date: string("The local date, such as 2026-03-29"),
  time: string("The local time, such as 09:00:00.000"),
  weekday: integer("1 Monday to 7 Sunday"),
  is_dst: boolean("Whether daylight saving time is in force"),
});

/** `community/datetime`: moments, time zones and working days. */
export const datetime = toolboxManifest(
  {
    name: "datetime",
    displayName: "Date and time",
    description: "Parse, format, add, compare and convert dates and times, across time zones and working days",
    categories: ["data", "time"],
  },
  [
    {
      name: "now",
      description: "The time now, as it stands in the record of the run",
      input: object({ "zone?": zone }),
      output,
    },
    {
      name: "parse",
      description: "The moment that a text stands for",
      input: object({
        text: string("The text", { minLength: 1, maxLength: 200 }),
        "format?": string("How it is written, such as dd.MM.yyyy HH:mm; without it ISO 8601", { maxLength: 200 }),
        "zone?": zone,
        "locale?": locale,
      }),
      output,
    },
    {
      name: "format",
      description: "A moment as text",
      input: object({
        at,
        "format?": string("A pattern such as cccc, d LLLL yyyy; or iso, date, http, rfc2822, epoch_seconds", {
          default: "iso",
          maxLength: 200,
        }),
        "zone?": zone,
        "locale?": locale,
      }),
      output: object({ text: string("The text") }),
    },
    {
      name: "add",
      description: "A moment later or earlier: years to days by the zone's calendar, hours and below by the clock",
      input: object({
        at,
        "zone?": zone,
        "years?": amount("Years"),
        "quarters?": amount("Quarters"),
        "months?": amount("Months"),
        "weeks?": amount("Weeks"),
        "days?": amount("Days"),
        "hours?": amount("Hours"),
        "minutes?": amount("Minutes"),
        "seconds?": amount("Seconds"),
        "milliseconds?": amount("Milliseconds"),
      }),
      output,
    },
    {
      name: "diff",
      description: "From one moment to another; below zero when the other is earlier",
      input: object({
        from: moment("The first moment"),
        to: moment("The other moment"),
        "unit?": oneOf(
          "What `value` counts",
          ["years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"],
          { default: "days" },
        ),
        "zone?": zone,
      }),
      output: object({
        value: number("How many, with the fraction"),
        whole: integer("How many whole ones"),
        milliseconds: integer("By the clock"),
        parts: map("Years, months, days, hours, minutes and seconds, by the zone's calendar"),
        iso: string("The same as an ISO 8601 duration"),
      }),
    },
    { name: "convert", description: "The same moment in another time zone", input: object({ at, zone }), output },
    {
      name: "start_of",
      description: "Where the unit begins that the moment is in",
      input: object({ at, unit, "zone?": zone }),
      output,
    },
    {
      name: "end_of",
      description: "The last millisecond of the unit that the moment is in",
      input: object({ at, unit, "zone?": zone }),
      output,
    },
    {
      name: "add_business_days",
      description:
        "So many working days later or earlier, at the same local time; 0 is that day, or the next worked on",
      input: object({
        at,
        days: integer("How many; below zero goes back", { minimum: -10_000, maximum: 10_000 }),
        "holidays?": holidays,
        "weekend?": weekend,
        "zone?": zone,
      }),
      output,
    },
    {
      name: "count_business_days",
      description: "Working days from one date up to another, which is not counted itself",
      input: object({
        from: moment("The first day"),
        to: moment("The other day"),
        "holidays?": holidays,
        "weekend?": weekend,
        "zone?": zone,
      }),
      output: object({ days: integer("How many; below zero when the other day is earlier") }),
    },
  ],
);
