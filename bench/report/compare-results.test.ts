import { expect, test } from "vitest";
import type { ArrivalResult } from "../arrivals/arrival-figures.ts";
import type { CallResult } from "../calls/call-figures.ts";
import { type BenchResult, type Figures, ratioOf } from "../figures.ts";
import { compareResults } from "./compare-results.ts";

function figures(cpuMsPerRun: number): Figures {
  return {
    p50Ms: 2,
    p95Ms: 3,
    p99Ms: 4,
    runsPerSecond: 400,
    cpuMsPerRun,
    hostCpuMsPerRun: 0,
    fsyncsPerRun: 4,
    memoryMb: 150,
  };
}

function result(at: string, floorCpu: number, platformCpu: number, invalid: string[] = []): BenchResult {
  const floor = figures(floorCpu);
  const platform = figures(platformCpu);
  return {
    at,
    machine: { cpu: "x", cpus: 2, kernel: "6", node: "v22" },
    method: "perf",
    rounds: 1,
    cases: [
      {
        name: "W1 c=1",
        title: "three steps, sync",
        floor,
        platform,
        ratio: ratioOf(platform, floor),
        rounds: { floor: [floor], platform: [platform] },
      },
    ],
    inProcess: [],
    longRuns: [],
    arrivals: [],
    calls: [],
    metering: [],
    neighbours: null,
    invalid,
    gates: [],
  };
}

test("two results are compared by their ratio to the floor, so that a slower machine changes nothing", () => {
  const text = compareResults(result("before", 1, 2), result("after", 2, 4));
  expect(text).toMatch(/CPU ms +2\.000 +2\.000 +\+0 %/);
});

test("a figure that got worse shows by how much", () => {
  const text = compareResults(result("before", 1, 2), result("after", 1, 3));
  expect(text).toMatch(/CPU ms +2\.000 +3\.000 +\+50 %/);
});

test("a figure that only one of them has is left out", () => {
  expect(compareResults(result("before", 1, 2), result("after", 1, 2))).not.toContain("rows");
});

test("a comparison with an invalid run says so", () => {
  expect(compareResults(result("before", 1, 2), result("after", 1, 2, ["busy"]))).toContain(
    "The run of after was invalid",
  );
});

test("calls are compared by their ratio, and with a result that has none left out", () => {
  const call = (cpuMs: number): CallResult => {
    const floor = { p50Ms: 0.4, p95Ms: 0.5, cpuMs: 0.2 };
    return { name: "C2", title: "HTTP action", floor, ratio: { cpuMs }, rounds: { floor: [floor], platform: [] } };
  };
  const then = { ...result("before", 1, 2), calls: [call(2)] };
  const now = { ...result("after", 1, 2), calls: [call(3)] };
  expect(compareResults(then, now)).toMatch(/C2 HTTP action, ÷ floor\n +CPU ms +2\.000 +3\.000 +\+50 %/);
  expect(compareResults(result("old", 1, 2), now)).not.toContain("C2");
});

test("arrivals are compared like the others, and with a result that has none left out", () => {
  const then = result("before", 1, 2);
  const now = result("after", 1, 2);
  const arrival = (cpuMs: number): ArrivalResult => {
    const { p50Ms, p95Ms, p99Ms, memoryMb } = figures(1);
    const floor = { p50Ms, p95Ms, p99Ms, lastMs: 5, cpuMs: 1, hostCpuMs: 0, fsyncs: 1, memoryMb };
    return { name: "S1", title: "event to readers", floor, ratio: { cpuMs }, rounds: { floor: [floor], platform: [] } };
  };
  then.arrivals = [arrival(4)];
  now.arrivals = [arrival(5)];
  expect(compareResults(then, now)).toMatch(/S1 event to readers, ÷ floor\n +CPU ms +4\.000 +5\.000 +\+25 %/);
  expect(compareResults(result("old", 1, 2), now)).not.toContain("S1");
});
