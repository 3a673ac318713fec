import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../engine/json.ts";
import { datetime } from "./datetime.ts";

async function run(action: string, input: JsonObject): Promise<JsonObject> {
  const outcome = await datetime[action]?.({ weekend: [6, 7], ...input });
  if (outcome === undefined) throw new Error(`no ${action}`);
  return outcome.ok ? (outcome.output as JsonObject) : { refused: outcome.error.message };
}
const iso = async (action: string, input: JsonObject) => (await run(action, input)).iso;
const zone = "America/New_York";

describe("daylight saving time", () => {
  test("a day is a day of the calendar, 24 hours are 24 hours", async () => {
    expect(await iso("add", { at: "2026-03-07T12:00", days: 1, zone })).toBe("2026-03-08T12:00:00.000-04:00");
    expect(await iso("add", { at: "2026-03-07T12:00", hours: 24, zone })).toBe("2026-03-08T13:00:00.000-04:00");
    expect(await iso("add", { at: "2026-11-01T12:00", days: -1, zone })).toBe("2026-10-31T12:00:00.000-04:00");
    expect(await iso("add", { at: "2026-11-01T00:30", hours: 2, zone })).toBe("2026-11-01T01:30:00.000-05:00");
  });

  test("a local time that does not exist is moved on by the jump, one that comes twice is the first", async () => {
    expect(await iso("convert", { at: "2026-03-08T02:30", zone })).toBe("2026-03-08T03:30:00.000-04:00");
    expect(await iso("convert", { at: "2026-11-01T01:30", zone })).toBe("2026-11-01T01:30:00.000-04:00");
    expect(await iso("convert", { at: "2026-11-01T01:30-05:00", zone })).toBe("2026-11-01T01:30:00.000-05:00");
    const twice = { text: "01.11.2026 01:30", format: "dd.MM.yyyy HH:mm", zone };
    expect(await iso("parse", twice)).toBe("2026-11-01T01:30:00.000-04:00");
  });

  test("a difference in days is one of the calendar, in hours one of the clock", async () => {
    const span = { from: "2026-03-07T12:00", to: "2026-03-08T12:00", zone };
    expect(await run("diff", { ...span, unit: "days" })).toMatchObject({ value: 1 });
    expect(await run("diff", { ...span, unit: "hours" })).toMatchObject({ value: 23, milliseconds: 82_800_000 });
    expect(await run("diff", { from: span.to, to: span.from, zone, unit: "days" })).toMatchObject({ value: -1 });
  });

  test("working days keep the local time over a jump of the clock", async () => {
    expect(await iso("add_business_days", { at: "2026-03-06T09:00", days: 1, zone })).toBe(
      "2026-03-09T09:00:00.000-04:00",
    );
  });
});

describe("calendars", () => {
  test("a month later than the 31st is the last day of a shorter month", async () => {
    expect(await iso("add", { at: "2024-01-31T00:00:00Z", months: 1 })).toBe("2024-02-29T00:00:00.000Z");
  });

  test("working days leave out weekends, holidays and, at zero, a day that is none", async () => {
    expect(await iso("add_business_days", { at: "2026-11-28", days: 0 })).toContain("2026-11-30");
    expect(await iso("add_business_days", { at: "2026-11-30", days: -1 })).toContain("2026-11-27");
    expect(await run("count_business_days", { from: "2026-11-30", to: "2026-11-27" })).toEqual({ days: -1 });
    expect(await run("count_business_days", { from: "2026-11-28", to: "2026-11-30" })).toEqual({ days: 0 });
    expect(await iso("add_business_days", { at: "2026-11-26", days: 1, weekend: [5] })).toContain("2026-11-28");
    expect(await run("add_business_days", { at: "2026-11-26", days: 1, weekend: [1, 2, 3, 4, 5, 6, 7] })).toMatchObject(
      {
        refused: expect.stringContaining("no day"),
      },
    );
    expect(await run("count_business_days", { from: "1000-01-01", to: "2026-01-01" })).toMatchObject({
      refused: expect.any(String),
    });
  });
});

describe("what is read", () => {
  test("an offset of its own counts before the zone, milliseconds are a moment", async () => {
    expect(await iso("convert", { at: "2026-03-01T10:00:00+02:00", zone: "UTC" })).toBe("2026-03-01T08:00:00.000Z");
    expect(await iso("convert", { at: 0, zone: "+05:30" })).toBe("1970-01-01T05:30:00.000+05:30");
  });

  test("what is no moment, zone, locale or fits no format is refused by name", async () => {
    expect(await run("convert", { at: "soon", zone: "UTC" })).toMatchObject({
      refused: expect.stringContaining("`at`"),
    });
    expect(await run("convert", { at: 0, zone: "Mars/Olympus" })).toMatchObject({
      refused: expect.stringContaining("Mars"),
    });
    expect(await run("convert", { at: 8.64e15 + 1, zone: "UTC" })).toMatchObject({ refused: expect.any(String) });
    expect(await run("add", { at: "2026-01-01", years: 1_000_000_000 })).toMatchObject({ refused: expect.any(String) });
    expect(await run("format", { at: 0, format: "yyyy", locale: "not a locale" })).toMatchObject({
      refused: expect.any(String),
    });
    expect(await run("parse", { text: "31.02.2026", format: "dd.MM.yyyy" })).toMatchObject({
      refused: expect.any(String),
    });
    expect(await run("parse", { text: "3. März 2026", format: "d. LLLL yyyy", locale: "de" })).toMatchObject({
      date: "2026-03-03",
    });
  });
});
