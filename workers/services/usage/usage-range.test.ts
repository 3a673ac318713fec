import { expect, test } from "vitest";
import { usageQuery } from "../../../contracts/api/usage.ts";
import { usageRange } from "./usage-range.ts";
import { usageSegments } from "./usage-segments.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const HOUR = 3_600_000;

function problems(query: object): string[] {
  const range = usageRange(usageQuery.parse(query), NOW);
  if (range.ok) return [];
  const found = range.details?.problems;
  return (Array.isArray(found) ? found : []).map((it) => (it as { path: string }).path);
}

test("a range without ends is the last thirty days", () => {
  expect(usageRange(usageQuery.parse({}), NOW)).toMatchObject({ value: { from: NOW - 30 * 24 * HOUR, to: NOW } });
});

test.each([
  [{ from: "2026-11-02", to: "2026-11-01" }, ["/from"]],
  [{ from: "2019-01-01", to: "2027-01-01" }, ["/from", "/to", "/from"]],
  [{ from: "2026-01-01", to: "2026-11-01", granularity: "hour" }, ["/from"]],
  [{ from: "2026-01-01", to: "2026-11-01", granularity: "day" }, []],
  [{ from: "2026-11-01T00:00:00+02:00", to: "2026-11-01" }, []],
])("%j has problems at %j", (query, paths) => {
  expect(problems(query)).toEqual(paths);
});

test.each([{ from: "yesterday" }, { granularity: "week" }, { group_by: "tenant" }, { to: "2026-13-01" }, { more: 1 }])(
  "%j is refused",
  (query) => {
    expect(usageQuery.safeParse(query).success).toBe(false);
  },
);

test("the segments of a range cover each moment once, in order, and whole units only where they are whole", () => {
  const day = 24 * HOUR;
  for (let n = 0; n < 500; n += 1) {
    const from = NOW - ((n * 7_919_777) % (5 * day));
    const to = from + ((n * 104_729_831) % (4 * day)) + 1;
    for (const hours of [true, false]) {
      let at = from;
      for (const segment of usageSegments({ from, to }, hours)) {
        expect(segment.from).toBe(at);
        expect(segment.to).toBeGreaterThan(segment.from);
        const unit = { day, hour: HOUR, record: 1 }[segment.source];
        expect([segment.from % unit, segment.to % unit]).toEqual([0, 0]);
        if (segment.source === "record") expect(segment.to - segment.from).toBeLessThan(2 * HOUR);
        at = segment.to;
      }
      expect(at).toBe(to);
    }
  }
});
