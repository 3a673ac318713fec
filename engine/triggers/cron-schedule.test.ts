import { describe, expect, test } from "vitest";
import { CronSchedule, cronProblem, isTimeZone } from "./cron-schedule.ts";

/*
 * An expectation table, worked out by hand from the calendar and the zones' published changes, never copied from an answer of the
 * code. Times are UTC. Facts that it stands on: 1 January 2026 is a Thursday. Berlin changes on 29 March 2026 and 25 October
 * 2026 at 01:00 UTC; London likewise; New York on 8 March 2026 at 07:00 and 1 November 2026 at 06:00 UTC; Lord Howe (+10:30,
 * in summer +11) on 4 April 2026 at 15:00 and 3 October 2026 at 15:30 UTC; Sydney (+10, +11) on 4 April 2026 and 3 October 2026
 * at 16:00 UTC; São Paulo (−3, −2) on 4 November 2018 at 03:00 and 17 February 2019 at 02:00 UTC, at midnight; Troll (0, +2)
 * with Berlin, by two hours.
 */

type Row = [what: string, cron: string, zone: string, after: string, ...due: string[]];

/** `what | cron | zone | after | due times`, a row each. */
function rowsOf(table: string): Row[] {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [what = "", cron = "", zone = "", after = "", due = ""] = line.split(" | ");
      return [what, cron, zone, after, ...due.split(" ")];
    });
}

const PLAIN = `
every minute | * * * * * | UTC | 2026-01-01T00:00:00Z | 2026-01-01T00:01:00Z 2026-01-01T00:02:00Z
a time is due after itself | 5 0 * * * | UTC | 2026-01-01T00:05:00Z | 2026-01-02T00:05:00Z
a second before a time | 5 0 * * * | UTC | 2026-01-01T00:04:59Z | 2026-01-01T00:05:00Z
every quarter of an hour | */15 * * * * | UTC | 2026-01-01T10:07:00Z | 2026-01-01T10:15:00Z 2026-01-01T10:30:00Z 2026-01-01T10:45:00Z 2026-01-01T11:00:00Z
steps of a range | 10-50/20 * * * * | UTC | 2026-01-01T10:00:00Z | 2026-01-01T10:10:00Z 2026-01-01T10:30:00Z 2026-01-01T10:50:00Z 2026-01-01T11:10:00Z
steps that do not divide the hour begin again | */25 * * * * | UTC | 2026-01-01T10:30:00Z | 2026-01-01T10:50:00Z 2026-01-01T11:00:00Z
a list of hours | 0 6,18 * * * | UTC | 2026-01-01T07:00:00Z | 2026-01-01T18:00:00Z 2026-01-02T06:00:00Z
working days | 0 9 * * 1-5 | UTC | 2026-01-02T10:00:00Z | 2026-01-05T09:00:00Z 2026-01-06T09:00:00Z
names of days | 0 9 * * MON-FRI | UTC | 2026-01-02T10:00:00Z | 2026-01-05T09:00:00Z
names in lower case | 0 9 * jan sun | UTC | 2026-01-01T00:00:00Z | 2026-01-04T09:00:00Z 2026-01-11T09:00:00Z
Sunday is 0 | 0 0 * * 0 | UTC | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z
and 7 | 0 0 * * 7 | UTC | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z
a day of the month or of the week | 0 0 13 * FRI | UTC | 2026-01-31T00:00:00Z | 2026-02-06T00:00:00Z 2026-02-13T00:00:00Z 2026-02-20T00:00:00Z 2026-02-27T00:00:00Z 2026-03-06T00:00:00Z
a day of the month or of the week, apart | 0 0 1 * MON | UTC | 2026-06-30T00:00:00Z | 2026-07-01T00:00:00Z 2026-07-06T00:00:00Z
the 31st, where there is one | 0 0 31 * * | UTC | 2026-01-31T00:00:00Z | 2026-03-31T00:00:00Z 2026-05-31T00:00:00Z 2026-07-31T00:00:00Z 2026-08-31T00:00:00Z
the 30th skips February | 0 0 30 * * | UTC | 2026-01-30T00:00:00Z | 2026-03-30T00:00:00Z
the last day of each month | 0 0 L * * | UTC | 2026-01-31T00:00:00Z | 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z 2026-04-30T00:00:00Z
the last day of a leap February | 0 0 L 2 * | UTC | 2027-12-31T00:00:00Z | 2028-02-29T00:00:00Z 2029-02-28T00:00:00Z
29 February | 0 12 29 2 * | UTC | 2026-01-01T00:00:00Z | 2028-02-29T12:00:00Z 2032-02-29T12:00:00Z
29 February over 2100, which is no leap year | 0 12 29 2 * | UTC | 2096-03-01T00:00:00Z | 2104-02-29T12:00:00Z
the last Friday | 0 17 * * FRI#L | UTC | 2026-01-01T00:00:00Z | 2026-01-30T17:00:00Z 2026-02-27T17:00:00Z 2026-03-27T17:00:00Z
the last Friday in Quartz's writing | 0 17 * * 5L | UTC | 2026-01-01T00:00:00Z | 2026-01-30T17:00:00Z
the second Tuesday | 0 18 * * TUE#2 | UTC | 2026-01-01T00:00:00Z | 2026-01-13T18:00:00Z 2026-02-10T18:00:00Z 2026-03-10T18:00:00Z
the working day nearest to the 15th | 0 9 15W * * | UTC | 2026-01-01T00:00:00Z | 2026-01-15T09:00:00Z 2026-02-16T09:00:00Z 2026-03-16T09:00:00Z 2026-04-15T09:00:00Z
the first working day, where the 1st is a Saturday | 0 9 1W * * | UTC | 2026-07-31T12:00:00Z | 2026-08-03T09:00:00Z
quarters | 0 0 1 1,4,7,10 * | UTC | 2026-02-01T00:00:00Z | 2026-04-01T00:00:00Z 2026-07-01T00:00:00Z 2026-10-01T00:00:00Z 2027-01-01T00:00:00Z
the turn of the year | 59 23 31 12 * | UTC | 2026-12-31T23:58:00Z | 2026-12-31T23:59:00Z 2027-12-31T23:59:00Z
@daily | @daily | UTC | 2026-01-01T00:00:00Z | 2026-01-02T00:00:00Z
@hourly | @hourly | UTC | 2026-01-01T00:30:00Z | 2026-01-01T01:00:00Z
@weekly | @weekly | UTC | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z
@monthly | @monthly | UTC | 2026-01-01T00:00:00Z | 2026-02-01T00:00:00Z
seconds, where six fields are given | */20 * * * * * | UTC | 2026-01-01T00:00:00Z | 2026-01-01T00:00:20Z 2026-01-01T00:00:40Z 2026-01-01T00:01:00Z
one second of one time | 30 15 10 * * * | UTC | 2026-01-01T00:00:00Z | 2026-01-01T10:15:30Z
`;

const ZONES = `
Tokyo | 0 20 * * * | Asia/Tokyo | 2026-01-01T00:00:00Z | 2026-01-01T11:00:00Z 2026-01-02T11:00:00Z
Kolkata, half an hour | 0 9 * * * | Asia/Kolkata | 2026-01-01T00:00:00Z | 2026-01-01T03:30:00Z
Kathmandu, three quarters | 0 9 * * * | Asia/Kathmandu | 2026-01-01T00:00:00Z | 2026-01-01T03:15:00Z
St. John's in winter and summer | 0 8 1 1,7 * | America/St_Johns | 2026-01-01T00:00:00Z | 2026-01-01T11:30:00Z 2026-07-01T10:30:00Z
a day ahead of UTC | 0 1 * * MON | Pacific/Auckland | 2026-01-01T00:00:00Z | 2026-01-04T12:00:00Z
a day behind | 0 20 31 * * | America/Los_Angeles | 2026-01-01T00:00:00Z | 2026-01-01T04:00:00Z 2026-02-01T04:00:00Z
the last day of a month there, not of UTC | 0 22 L * * | America/New_York | 2026-01-15T00:00:00Z | 2026-02-01T03:00:00Z 2026-03-01T03:00:00Z
Vienna's weekdays in winter | 15 6 * * 1-5 | Europe/Vienna | 2026-01-02T12:00:00Z | 2026-01-05T05:15:00Z
Vienna's weekdays in summer | 15 6 * * 1-5 | Europe/Vienna | 2026-07-03T12:00:00Z | 2026-07-06T04:15:00Z
`;

const GAPS = `
Berlin: 02:30 is not, so it is due at 03:00 | 30 2 * * * | Europe/Berlin | 2026-03-28T00:00:00Z | 2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z
Berlin: 02:00, the gap's first minute | 0 2 * * * | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z 2026-03-30T00:00:00Z
Berlin: 03:00, the first instant after it | 0 3 * * * | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z 2026-03-30T01:00:00Z
Berlin: 01:59, just before | 59 1 * * * | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-29T00:59:00Z 2026-03-29T23:59:00Z
Berlin: a list that only touches the gap | 30 2,14 * * * | Europe/Berlin | 2026-03-28T20:00:00Z | 2026-03-29T01:00:00Z 2026-03-29T12:30:00Z 2026-03-30T00:30:00Z
Berlin: every half hour leaves out what is not | */30 * * * * | Europe/Berlin | 2026-03-29T00:10:00Z | 2026-03-29T00:30:00Z 2026-03-29T01:00:00Z 2026-03-29T01:30:00Z
Berlin: every hour goes on by the hour | 0 * * * * | Europe/Berlin | 2026-03-28T23:30:00Z | 2026-03-29T00:00:00Z 2026-03-29T01:00:00Z 2026-03-29T02:00:00Z
Berlin: an interval within the gap's hour has none that day | */20 2 * * * | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-30T00:00:00Z 2026-03-30T00:20:00Z
London: 01:30 is not | 30 1 * * * | Europe/London | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z
New York: 02:30 is not | 30 2 * * * | America/New_York | 2026-03-07T00:00:00Z | 2026-03-07T07:30:00Z 2026-03-08T07:00:00Z 2026-03-09T06:30:00Z
New York: noon comes an hour earlier | 0 12 * * * | America/New_York | 2026-03-07T00:00:00Z | 2026-03-07T17:00:00Z 2026-03-08T16:00:00Z
Lord Howe: 02:15 is not, the gap is half an hour | 15 2 * * * | Australia/Lord_Howe | 2026-10-02T00:00:00Z | 2026-10-02T15:45:00Z 2026-10-03T15:30:00Z 2026-10-04T15:15:00Z
Lord Howe: 02:45 is | 45 2 * * * | Australia/Lord_Howe | 2026-10-02T20:00:00Z | 2026-10-03T15:45:00Z 2026-10-04T15:45:00Z
Sydney: 02:30 is not | 30 2 * * * | Australia/Sydney | 2026-10-02T20:00:00Z | 2026-10-03T16:00:00Z 2026-10-04T15:30:00Z
São Paulo: midnight is not | 0 0 * * * | America/Sao_Paulo | 2018-11-02T12:00:00Z | 2018-11-03T03:00:00Z 2018-11-04T03:00:00Z 2018-11-05T02:00:00Z
São Paulo: 00:30 is not | 30 0 * * * | America/Sao_Paulo | 2018-11-03T12:00:00Z | 2018-11-04T03:00:00Z 2018-11-05T02:30:00Z
Troll: two hours are not | 30 1 * * * | Antarctica/Troll | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z 2026-03-29T23:30:00Z
a yearly time that fell into the gap | 30 2 29 3 * | Europe/Berlin | 2026-01-01T00:00:00Z | 2026-03-29T01:00:00Z 2027-03-29T00:30:00Z
`;

const FOLDS = `
Berlin: 02:30 comes twice and is due the first time | 30 2 * * * | Europe/Berlin | 2026-10-24T00:00:00Z | 2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z
Berlin: asked between the two | 30 2 * * * | Europe/Berlin | 2026-10-25T00:45:00Z | 2026-10-26T01:30:00Z
Berlin: 02:00 comes twice | 0 2 * * * | Europe/Berlin | 2026-10-24T12:00:00Z | 2026-10-25T00:00:00Z 2026-10-26T01:00:00Z
Berlin: 03:00 comes once | 0 3 * * * | Europe/Berlin | 2026-10-24T12:00:00Z | 2026-10-25T02:00:00Z 2026-10-26T02:00:00Z
Berlin: every half hour has both passes | */30 * * * * | Europe/Berlin | 2026-10-25T00:10:00Z | 2026-10-25T00:30:00Z 2026-10-25T01:00:00Z 2026-10-25T01:30:00Z 2026-10-25T02:00:00Z
Berlin: every hour has both passes | 0 * * * * | Europe/Berlin | 2026-10-24T23:30:00Z | 2026-10-25T00:00:00Z 2026-10-25T01:00:00Z 2026-10-25T02:00:00Z
Berlin: a list is due once at each time | 15,45 2 * * * | Europe/Berlin | 2026-10-24T12:00:00Z | 2026-10-25T00:15:00Z 2026-10-25T00:45:00Z 2026-10-26T01:15:00Z
London: 01:30 comes twice | 30 1 * * * | Europe/London | 2026-10-24T12:00:00Z | 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z
New York: 01:30 comes twice | 30 1 * * * | America/New_York | 2026-10-31T12:00:00Z | 2026-11-01T05:30:00Z 2026-11-02T06:30:00Z
New York: every quarter has both passes | */15 * * * * | America/New_York | 2026-11-01T05:40:00Z | 2026-11-01T05:45:00Z 2026-11-01T06:00:00Z 2026-11-01T06:15:00Z
Lord Howe: 01:45 comes twice, half an hour apart | 45 1 * * * | Australia/Lord_Howe | 2026-04-03T12:00:00Z | 2026-04-03T14:45:00Z 2026-04-04T14:45:00Z 2026-04-05T15:15:00Z
Lord Howe: 01:15 comes once | 15 1 * * * | Australia/Lord_Howe | 2026-04-04T12:00:00Z | 2026-04-04T14:15:00Z 2026-04-05T14:45:00Z
Sydney: 02:30 comes twice | 30 2 * * * | Australia/Sydney | 2026-04-04T12:00:00Z | 2026-04-04T15:30:00Z 2026-04-05T16:30:00Z
São Paulo: 23:30 of the day before comes twice | 30 23 * * * | America/Sao_Paulo | 2019-02-15T12:00:00Z | 2019-02-16T01:30:00Z 2019-02-17T01:30:00Z 2019-02-18T02:30:00Z
São Paulo: midnight comes once, after the second 23 o'clock | 0 0 * * * | America/Sao_Paulo | 2019-02-16T12:00:00Z | 2019-02-17T03:00:00Z 2019-02-18T03:00:00Z
`;

const ROWS = { PLAIN: rowsOf(PLAIN), ZONES: rowsOf(ZONES), GAPS: rowsOf(GAPS), FOLDS: rowsOf(FOLDS) };

function schedule(cron: string, zone: string): CronSchedule {
  const found = CronSchedule.of(cron, zone);
  if (!found) throw new Error(`${cron} in ${zone} is no schedule`);
  return found;
}

const iso = (time: number): string => new Date(time).toISOString().replace(".000Z", "Z");

describe.each(Object.entries(ROWS))("%s", (_, rows) => {
  test.each(rows)("%s", (_what, cron, zone, after, ...due) => {
    expect(schedule(cron, zone).upcoming(Date.parse(after), due.length).map(iso)).toEqual(due);
    let at = Date.parse(after);
    for (const expected of due) {
      at = schedule(cron, zone).next(at) ?? 0;
      expect(iso(at)).toBe(expected);
    }
  });
});

test("the table has the rows that it promises", () => {
  expect(Object.values(ROWS).flat().length).toBeGreaterThanOrEqual(60);
});

test("looking back finds what looking ahead found, over every change of the table", () => {
  for (const [what, cron, zone, after] of Object.values(ROWS).flat()) {
    const times = schedule(cron, zone).upcoming(Date.parse(after), 12);
    const last = times.at(-1) ?? 0;
    expect(schedule(cron, zone).between(Date.parse(after), last, 12), what).toEqual(times);
    expect(schedule(cron, zone).between(Date.parse(after), last - 1, 3), what).toEqual(times.slice(-4, -1));
    expect(schedule(cron, zone).between(Date.parse(after), last + 500, 1), what).toEqual([last]);
  }
});

test("nothing is due in no time, and no more than was asked for", () => {
  const everySecond = schedule("* * * * * *", "UTC");
  expect(everySecond.between(1_000, 1_000, 10)).toEqual([]);
  expect(everySecond.between(0, 10_000, 0)).toEqual([]);
  expect(everySecond.between(0, 1e12, 2)).toEqual([1e12 - 1_000, 1e12]);
});

test.each([
  ["* * * *", /^cron must be five fields \(minute hour day month weekday\), or six with seconds first: it has 4$/],
  ["* * * * * * *", /seconds first: it has 7$/],
  ["60 * * * *", /minute/],
  ["* 24 * * *", /hour/],
  ["* * 0 * *", /day/],
  ["* * * 13 *", /month/],
  ["* * * * 8", /dayOfWeek/],
  ["0 0 30 2 *", /never comes/],
  ["0 0 31 4,6,9,11 *", /never comes/],
  ["", /five fields/],
  ["at noon", /five fields/],
  ["* * * * MOON", /five fields/],
  ["*".repeat(300), /longer/],
])("%j is no schedule", (text, why) => {
  expect(cronProblem(text)).toMatch(why);
  expect(CronSchedule.of(text, "UTC")).toBeUndefined();
});

test("zones are those of the IANA database", () => {
  for (const zone of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Etc/GMT+3"])
    expect(isTimeZone(zone), zone).toBe(true);
  for (const zone of ["", "Mars/Olympus", "+02:00", "02:00", "Europe/Berlin; x", "UTC+1", "x".repeat(100)])
    expect(isTimeZone(zone), zone).toBe(false);
});
