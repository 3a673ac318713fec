import type { DateTime } from "luxon";
import type { JsonObject } from "../../../engine/json.ts";
import { type Outcome, refuse } from "./outcome.ts";
import { asText, listOf } from "./read-input.ts";

/** Which days are worked on. */
export interface Calendar {
  /** ISO weekdays, 1 Monday to 7 Sunday, that are not. */
  weekend: ReadonlySet<number>;
  /** ISO dates that are not. */
  holidays: ReadonlySet<string>;
}

const MOST_DAYS = 36_525;

/** The calendar that an input names; a refusal where no day is left to work on, or a holiday is no date. */
export function calendarOf(input: JsonObject): Calendar | Extract<Outcome, { ok: false }> {
  const weekend = new Set(listOf(input, "weekend").map(Number));
  const holidays = new Set(listOf(input, "holidays").map(asText));
  if (weekend.size >= 7) return refuse("`weekend` leaves no day to work on", { field: "weekend" });
  const strange = [...holidays].find((day) => !/^\d{4}-\d{2}-\d{2}$/.test(day));
  if (strange !== undefined) {
    return refuse(`The holiday "${strange.slice(0, 40)}" is not a date such as 2026-12-25`, { field: "holidays" });
  }
  return { weekend, holidays };
}

function isWorked(day: DateTime, { weekend, holidays }: Calendar): boolean {
  return !weekend.has(day.weekday) && !holidays.has(day.toISODate() ?? "");
}

/** So many working days later (or, below zero, earlier), at the same local time. Zero: the same day, or the next one worked on. */
export function addBusinessDays(at: DateTime, days: number, calendar: Calendar): DateTime {
  const step = days < 0 ? -1 : 1;
  let left = Math.abs(days);
  // Whole days from the start, so that a jump of the clock on the way does not stay.
  let walked = 0;
  const day = () => at.plus({ days: walked });
  if (left === 0) while (!isWorked(day(), calendar) && walked < MOST_DAYS) walked += 1;
  while (left > 0 && Math.abs(walked) < MOST_DAYS) {
    walked += step;
    if (isWorked(day(), calendar)) left -= 1;
  }
  return day();
}

/** Working days from one date up to, without, another; below zero when the other is earlier. Undefined beyond a hundred years. */
export function businessDaysBetween(from: DateTime, to: DateTime, calendar: Calendar): number | undefined {
  const [first, last, sign] = to < from ? [to, from, -1] : [from, to, 1];
  const start = first.startOf("day");
  const span = Math.round(last.startOf("day").diff(start, "days").as("days"));
  if (span > MOST_DAYS) return undefined;
  let count = 0;
  for (let offset = 0; offset < span; offset += 1) if (isWorked(start.plus({ days: offset }), calendar)) count += 1;
  return count === 0 ? 0 : sign * count;
}
