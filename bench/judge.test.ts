import { describe, expect, test } from "vitest";
import { ARRIVAL_CASES } from "./arrivals/arrival-cases.ts";
import { ARRIVAL_FIGURE_NAMES, type ArrivalFigures, type ArrivalResult } from "./arrivals/arrival-figures.ts";
import { CALL_CASES } from "./calls/call-cases.ts";
import type { CallResult } from "./calls/call-figures.ts";
import { type CaseResult, type Figures, ratioOf } from "./figures.ts";
import { checkArrivalGates, checkCallGates, checkGates, findInvalid, type Limits, readLimits } from "./judge.ts";
import { ratios } from "./measure/ratios.ts";

const FLOOR: Figures = {
  p50Ms: 2,
  p95Ms: 3,
  p99Ms: 4,
  runsPerSecond: 400,
  cpuMsPerRun: 1.6,
  hostCpuMsPerRun: 0,
  fsyncsPerRun: 4,
  rowsPerRun: 4,
  memoryMb: 150,
};

function result(floor: Partial<Figures>, platform: Partial<Figures> = {}): CaseResult {
  const ofFloor = { ...FLOOR, ...floor };
  const ofPlatform = { ...FLOOR, ...platform };
  return {
    name: "W1 c=1",
    title: "three steps, sync",
    floor: ofFloor,
    platform: ofPlatform,
    ratio: ratioOf(ofPlatform, ofFloor),
    rounds: { floor: [ofFloor], platform: [ofPlatform] },
  };
}

const LIMITS: Limits = {
  floorTolerance: 0.15,
  floor: { "W1 c=1": { fsyncsPerRun: [4, 4], cpuMsPerRun: [1.5, 1.8] } },
  longGates: [],
  meteringNoise: 1.5,
  meteringGates: [{ case: "M1 c=16", figure: "percent", max: 3 }],
  callGates: [{ case: "C2", figure: "p50Ms", ratio: true, max: 1.5 }],
  arrivalGates: [
    { case: "S1", figure: "fsyncs", max: 1.5 },
    { case: "S1", figure: "cpuMs", ratio: true, max: 3 },
  ],
  gates: [
    { case: "W1 c=1", figure: "fsyncsPerRun", max: 4.5 },
    { case: "W1 c=1", figure: "cpuMsPerRun", ratio: true, max: 2 },
  ],
};

describe("a run's validity", () => {
  test("a floor that shows what facts.md gives it is valid", () => {
    expect(findInvalid([result({})], LIMITS)).toEqual([]);
  });

  test("a floor inside the tolerance around its range is valid at both ends", () => {
    expect(findInvalid([result({ cpuMsPerRun: 1.28, fsyncsPerRun: 4.59 })], LIMITS)).toEqual([]);
    expect(findInvalid([result({ cpuMsPerRun: 2.06, fsyncsPerRun: 3.41 })], LIMITS)).toEqual([]);
  });

  test("a floor above or below is invalid, and the reason names case and figure", () => {
    for (const fsyncsPerRun of [3.3, 4.7]) {
      const [invalid, ...more] = findInvalid([result({ fsyncsPerRun })], LIMITS);
      expect(invalid?.case).toBe("W1 c=1");
      expect(invalid?.reason).toContain("fsyncsPerRun in W1 c=1");
      expect(more).toEqual([]);
    }
  });

  test("the platform's own figures never make a run invalid", () => {
    expect(findInvalid([result({}, { fsyncsPerRun: 40, cpuMsPerRun: 40 })], LIMITS)).toEqual([]);
  });
});

describe("a gate", () => {
  test("passes at its limit and fails above it", () => {
    expect(checkGates([result({}, { fsyncsPerRun: 4.5 })], LIMITS).map(({ passed }) => passed)).toEqual([true, true]);
    expect(checkGates([result({}, { fsyncsPerRun: 4.51 })], LIMITS).map(({ passed }) => passed)).toEqual([false, true]);
  });

  test("on a ratio compares with the floor of the same run", () => {
    const [, cpu] = checkGates([result({ cpuMsPerRun: 1 }, { cpuMsPerRun: 2.5 })], LIMITS);
    expect(cpu).toMatchObject({ measured: 2.5, limit: 2, passed: false });
  });

  test("on a ratio is left out where the floor is invalid; an absolute one stands", () => {
    const cases = [result({ cpuMsPerRun: 1 }, { cpuMsPerRun: 2.5, fsyncsPerRun: 5 })];
    const name = cases[0]?.name ?? "";
    const judged = checkGates(cases, LIMITS, [{ case: name, reason: "busy" }]);
    expect(judged).toMatchObject([{ figure: "fsyncsPerRun", passed: false }]);
  });

  test("is left out when its case was not run", () => {
    expect(checkGates([], LIMITS)).toEqual([]);
  });
});

describe("a gate of an arrival", () => {
  const floor = { p50Ms: 2, p95Ms: 3, p99Ms: 4, lastMs: 5, cpuMs: 2, hostCpuMs: 0, fsyncs: 1, memoryMb: 100 };
  const arrival = (platform: Partial<ArrivalFigures>): ArrivalResult[] => {
    const ofPlatform = { ...floor, ...platform };
    const ratio = ratios(ofPlatform, floor, ARRIVAL_FIGURE_NAMES);
    return [{ name: "S1", title: "", floor, platform: ofPlatform, ratio, rounds: { floor: [], platform: [] } }];
  };
  const passed = (platform: Partial<ArrivalFigures>): boolean[] =>
    checkArrivalGates(arrival(platform), LIMITS).map((gate) => gate.passed);

  test("passes at its limit and fails above it, absolute or against the floor", () => {
    expect(passed({ fsyncs: 1.5, cpuMs: 6 })).toEqual([true, true]);
    expect(passed({ fsyncs: 1.51, cpuMs: 6 })).toEqual([false, true]);
    expect(passed({ fsyncs: 1.5, cpuMs: 6.1 })).toEqual([true, false]);
  });

  test("is left out when its case, or the platform, was not measured", () => {
    expect(checkArrivalGates([], LIMITS)).toEqual([]);
    expect(checkArrivalGates([{ name: "S1", title: "", floor, rounds: { floor: [], platform: [] } }], LIMITS)).toEqual(
      [],
    );
  });
});

describe("a gate of a call", () => {
  const floor = { p50Ms: 0.4, p95Ms: 0.5, cpuMs: 0.2 };
  const call = (p50Ms: number): CallResult[] => {
    const platform = { ...floor, p50Ms };
    const ratio = ratios(platform, floor, ["p50Ms"]);
    return [{ name: "C2", title: "", floor, platform, ratio, rounds: { floor: [], platform: [] } }];
  };

  test("passes at its limit and fails above it, against the floor", () => {
    expect(checkCallGates(call(0.6), LIMITS)).toMatchObject([{ figure: "p50Ms ÷ floor", passed: true }]);
    expect(checkCallGates(call(0.61), LIMITS)).toMatchObject([{ figure: "p50Ms ÷ floor", passed: false }]);
  });

  test("is left out when its case, or the platform, was not measured", () => {
    expect(checkCallGates([], LIMITS)).toEqual([]);
    expect(checkCallGates([{ name: "C2", title: "", floor, rounds: { floor: [], platform: [] } }], LIMITS)).toEqual([]);
  });
});

test("gates.json holds an HTTP action to one and a half bare fetches, and every call to its floor", async () => {
  const { callGates } = await readLimits();
  expect(callGates).toContainEqual({ case: "C2", figure: "p50Ms", ratio: true, max: 1.5 });
  const cpu = callGates.filter(({ figure, ratio }) => figure === "cpuMs" && ratio).map((gate) => gate.case);
  expect(cpu).toEqual(CALL_CASES.map(({ name }) => name));
});

test("gates.json bounds what arrivals make durable, and CPU of what reaches many readers", async () => {
  const { arrivalGates } = await readLimits();
  const bounded = arrivalGates.map(({ case: name, figure }) => `${name} ${figure}`);
  expect(bounded).toEqual(["S1 fsyncs", "S1 cpuMs", "S2 c=1 fsyncs", "S2 c=16 fsyncs", "S3 fsyncs"]);
  const known = ARRIVAL_CASES.map(({ name }) => name);
  for (const { case: name } of arrivalGates) expect(known).toContain(name);
});

test("gates.json bounds fsyncs at concurrency 1 and 64 and CPU at all three, and knows the floor of each", async () => {
  const limits = await readLimits();
  const bounded = limits.gates.map(({ case: name, figure, max }) =>
    `${name} ${figure} ${figure === "fsyncsPerRun" ? max : ""}`.trim(),
  );
  expect(bounded).toEqual(expect.arrayContaining(["W1 c=1 fsyncsPerRun 4.5", "W1 c=64 fsyncsPerRun 1"]));
  for (const name of ["W1 c=1", "W1 c=16", "W1 c=64"]) {
    expect(Object.keys(limits.floor[name] ?? {})).toEqual(["fsyncsPerRun", "cpuMsPerRun"]);
    expect(bounded).toContain(`${name} cpuMsPerRun`);
  }
});
