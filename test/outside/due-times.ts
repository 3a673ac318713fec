/** A wall clock's zone by the law of its land: hours from UTC, and when summer begins and ends (in UTC). */
interface Zone {
  standard: number;
  summer: (year: number) => { begins: number; ends: number };
}

/** The nth Sunday of a month (month from 1); the last with n = -1. */
function sunday(year: number, month: number, nth: number): number {
  const days = Array.from({ length: 31 }, (_, at) => new Date(Date.UTC(year, month - 1, at + 1))).filter(
    (date) => date.getUTCMonth() === month - 1 && date.getUTCDay() === 0,
  );
  const found = nth < 0 ? days.at(nth) : days[nth - 1];
  if (found === undefined) throw new Error("no such Sunday");
  return found.getTime();
}

const HOUR_MS = 3_600_000;

export const ZONES: Record<string, Zone> = {
  // Directive 2000/84/EC: the last Sundays of March and October, 01:00 UTC.
  "Europe/Berlin": {
    standard: 1,
    summer: (year) => ({ begins: sunday(year, 3, -1) + HOUR_MS, ends: sunday(year, 10, -1) + HOUR_MS }),
  },
  // Energy Policy Act of 2005: the second Sunday of March and the first of November, 02:00 by the clock.
  "America/New_York": {
    standard: -5,
    summer: (year) => ({ begins: sunday(year, 3, 2) + 7 * HOUR_MS, ends: sunday(year, 11, 1) + 6 * HOUR_MS }),
  },
};

/** The date on which summer begins or ends in a year: `{month, day}`. */
export function changeOfClocks(zone: string, year: number, which: "begins" | "ends"): { month: number; day: number } {
  const at = new Date(ZONES[zone]?.summer(year)[which] ?? Number.NaN);
  return { month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/**
 * When a clock shows this date and time, once: a time that the clock leaves out is due when it has moved on, one that it
 * shows twice is due the first time.
 */
export function dueAt(zone: string, year: number, month: number, day: number, hour: number, minute: number): Date {
  const { standard, summer } = ZONES[zone] ?? ZONES["Europe/Berlin"] ?? failed();
  const { begins, ends } = summer(year);
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const inSummer = asUtc - (standard + 1) * HOUR_MS;
  const inWinter = asUtc - standard * HOUR_MS;
  if (inSummer >= begins && inSummer < ends) return new Date(inSummer);
  // Standard time says that it is summer, summer time that it is not yet: the clock never shows it.
  if (inWinter >= begins && inSummer < begins) return new Date(begins);
  return new Date(inWinter);
}

function failed(): never {
  throw new Error("no such zone");
}
