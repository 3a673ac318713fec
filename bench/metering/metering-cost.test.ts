import { describe, expect, test } from "vitest";
import { checkMeteringGates, findNoisy, type Limits } from "../judge.ts";
import { type BlockCost, type BlockPair, meteringCase } from "./metering-cost.ts";

const W1_US = 1_000;
const LIMITS = { meteringNoise: 1.5, meteringGates: [{ case: "M1 c=16", figure: "percent", max: 3 }] } as Limits;

function block(sinkUs: number, runUs = W1_US - 50): BlockCost {
  return { runUs, readUs: sinkUs / 4, sinkUs, postgresUs: sinkUs * 2 };
}

/** Pairs by what their sinks took, metered and not. */
function pairs(...sinks: [metered: number, unmetered: number][]): BlockPair[] {
  return sinks.map(([metered, unmetered], index) => ({
    metered: block(metered),
    unmetered: block(unmetered),
    first: index % 2 === 0 ? "metered" : "unmetered",
  }));
}

const measured = (...sinks: [number, number][]) =>
  meteringCase({ concurrency: 16, pairs: pairs(...sinks), recordedUs: [2, 2, 2, 2] });

describe("the cost of metering", () => {
  test("is what is recorded and what the sink takes above a sink without, in percent of a run without", () => {
    const { percent, w1Us, sentUs, readUs, postgresUs } = measured([60, 50], [60, 50], [60, 50], [60, 50]);
    expect(w1Us).toBe(W1_US);
    expect([sentUs.mean, readUs.mean, postgresUs.mean]).toEqual([10, 2.5, 20]);
    expect(percent.mean).toBeCloseTo(1.2, 6);
    expect(percent.error).toBeCloseTo(0, 6);
  });

  test("comes with the standard error over pairs", () => {
    const { percent } = measured([50, 50], [60, 50], [70, 50], [60, 50]);
    expect(percent.mean).toBeCloseTo(1.2, 6);
    expect(percent.error).toBeCloseTo(Math.sqrt(200 / 3 / 4) / 10, 6);
  });

  test("shows beside it what the runs themselves differ by, which is not in the percent", () => {
    const measuredPairs = [40, 80, 20, 60].map((slower, index): BlockPair => {
      const first = index % 2 === 0 ? "metered" : "unmetered";
      return { metered: block(60, W1_US - 50 + slower), unmetered: block(50), first };
    });
    const { runUs, percent } = meteringCase({ concurrency: 16, pairs: measuredPairs, recordedUs: [2, 2, 2, 2] });
    expect(runUs.mean).toBe(50);
    expect(runUs.error).toBeCloseTo(Math.sqrt(2_000 / 3 / 4), 6);
    expect(percent.mean).toBeCloseTo(1.2, 6);
  });

  test("needs four pairs, so that chance is known", () => {
    expect(() => measured([60, 50], [60, 50], [60, 50])).toThrow("too few");
  });

  test("has a control: what blocks that differ in nothing differ by, which a steady drift does not move", () => {
    expect(measured([60, 50], [60, 50], [60, 50], [60, 50]).controlPercent).toEqual({ mean: 0, error: 0 });
    // Blocks in their order, each 10 µs above the one before: m u, u m, m u, u m, m u.
    const drifting = measured([60, 70], [90, 80], [100, 110], [130, 120], [140, 150]);
    expect(drifting.controlPercent.mean).toBeCloseTo(0, 6);
    expect(drifting.controlPercent.error).toBeGreaterThan(0);
  });
});

describe("its gate", () => {
  test("holds up to the limit, and not above", () => {
    const [within] = checkMeteringGates([measured([78, 50], [78, 50], [78, 50], [78, 50])], LIMITS);
    expect(within).toMatchObject({ name: "M1 c=16", passed: true, limit: 3 });
    expect(within?.measured).toBeCloseTo(3, 6);
    const [over] = checkMeteringGates([measured([79, 50], [79, 50], [79, 50], [79, 50])], LIMITS);
    expect(over?.passed).toBe(false);
  });

  test("takes chance to be against us: two standard errors are added", () => {
    const [gate] = checkMeteringGates([measured([73, 50], [67, 50], [77, 50], [71, 50])], LIMITS);
    expect(gate?.measured).toBeGreaterThan(2.4);
    expect(checkMeteringGates([measured([75, 50], [69, 50], [78, 50], [83, 50])], LIMITS)[0]?.passed).toBe(false);
  });

  test("judges nothing where the control is off: the run says why it does not count", () => {
    const noisy = measured([60, 50], [80, 70], [100, 50], [60, 90], [60, 50]);
    expect(checkMeteringGates([noisy], LIMITS)).toEqual([]);
    expect(findNoisy([noisy], LIMITS)).toEqual([
      {
        case: "M1 c=16",
        reason: expect.stringMatching(/^the control of M1 c=16 may be off by [\d.]+ %, more than 1.5$/),
      },
    ]);
  });
});
