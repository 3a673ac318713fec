import type { ConnectorEntry } from "./entry.ts";

const berlin = "Europe/Berlin";

export const datetimeEntry: ConnectorEntry = {
  about: `Moments, time zones and working days, by Luxon and the runtime's own table of time zones.

A moment is ISO 8601 text or a number of milliseconds since 1970. Text without an offset is local to \`zone\`, which is UTC unless you name
another. Years to days are counted on that zone's calendar, hours and below by the clock: a day after 28 March 09:00 in Berlin is 29 March
09:00, 23 hours later, and 24 hours after it is 10:00. A local time that the clock jumps over is moved forward by the jump; one that
comes twice is the first. A month later than 31 January is the last day of February.

Patterns are Luxon's: \`yyyy\`, \`MM\`, \`dd\`, \`HH\`, \`mm\`, \`ss\`, \`ZZ\`, \`cccc\` (weekday), \`LLLL\` (month); text in single quotes stands as it is.
Holidays are yours to name: no calendar of a country is built in.`,
  examples: [
    {
      action: "now",
      title: "The time now",
      input: { zone: berlin },
      output: {
        iso: "2026-11-29T08:00:00.000+01:00",
        epoch_ms: 1795935600000,
        zone: berlin,
        offset_minutes: 60,
        date: "2026-11-29",
        time: "08:00:00.000",
        weekday: 7,
        is_dst: false,
      },
    },
    {
      action: "parse",
      title: "As people write it",
      input: { text: "29.03.2026 09:00", format: "dd.MM.yyyy HH:mm", zone: berlin },
      output: {
        iso: "2026-03-29T09:00:00.000+02:00",
        epoch_ms: 1774767600000,
        zone: berlin,
        offset_minutes: 120,
        date: "2026-03-29",
        time: "09:00:00.000",
        weekday: 7,
        is_dst: true,
      },
    },
    {
      action: "format",
      title: "For a reader in French",
      input: { at: "2026-03-01T23:30:00Z", format: "cccc d LLLL yyyy", zone: berlin, locale: "fr" },
      output: { text: "lundi 2 mars 2026" },
    },
    {
      action: "add",
      title: "A day over the beginning of daylight saving time",
      input: { at: "2026-03-28T09:00", days: 1, zone: berlin },
      output: {
        iso: "2026-03-29T09:00:00.000+02:00",
        epoch_ms: 1774767600000,
        zone: berlin,
        offset_minutes: 120,
        date: "2026-03-29",
        time: "09:00:00.000",
        weekday: 7,
        is_dst: true,
      },
    },
    {
      action: "diff",
      title: "How long it took",
      input: { from: "2026-01-31T10:00:00Z", to: "2026-03-01T12:30:00Z", unit: "hours" },
      output: {
        value: 698.5,
        whole: 698,
        milliseconds: 2514600000,
        parts: { years: 0, months: 1, days: 1, hours: 2, minutes: 30, seconds: 0 },
        iso: "P1M1DT2H30M",
      },
    },
    {
      action: "convert",
      title: "The same moment in Kathmandu",
      input: { at: "2026-03-01T09:00:00Z", zone: "Asia/Kathmandu" },
      output: {
        iso: "2026-03-01T14:45:00.000+05:45",
        epoch_ms: 1772355600000,
        zone: "Asia/Kathmandu",
        offset_minutes: 345,
        date: "2026-03-01",
        time: "14:45:00.000",
        weekday: 7,
        is_dst: false,
      },
    },
    {
      action: "start_of",
      title: "The first moment of the month",
      input: { at: "2026-03-29T12:00:00Z", unit: "month", zone: berlin },
      output: {
        iso: "2026-03-01T00:00:00.000+01:00",
        epoch_ms: 1772319600000,
        zone: berlin,
        offset_minutes: 60,
        date: "2026-03-01",
        time: "00:00:00.000",
        weekday: 7,
        is_dst: false,
      },
    },
    {
      action: "end_of",
      title: "The end of the day",
      input: { at: "2026-03-29T12:00:00Z", unit: "day" },
      output: {
        iso: "2026-03-29T23:59:59.999Z",
        epoch_ms: 1774828799999,
        zone: "UTC",
        offset_minutes: 0,
        date: "2026-03-29",
        time: "23:59:59.999",
        weekday: 7,
        is_dst: false,
      },
    },
    {
      action: "add_business_days",
      title: "Three working days after the Wednesday before Christmas",
      input: { at: "2026-12-23T09:00:00Z", days: 3, holidays: ["2026-12-25"] },
      output: {
        iso: "2026-12-29T09:00:00.000Z",
        epoch_ms: 1798534800000,
        zone: "UTC",
        offset_minutes: 0,
        date: "2026-12-29",
        time: "09:00:00.000",
        weekday: 2,
        is_dst: false,
      },
    },
    {
      action: "count_business_days",
      title: "Working days of December 2026",
      input: { from: "2026-12-01", to: "2027-01-01", holidays: ["2026-12-25"] },
      output: { days: 22 },
    },
  ],
};
