import { describe, expect, test } from "vitest";
import { type MeteringBlock, meteringCost } from "./metering-cost.ts";
import { meteringVerdict } from "./metering-verdict.ts";

const costs = (...cpu: number[]) => cpu.map((cpuMs) => ({ cpuMs, hostCpuMs: cpuMs / 10 }));

function block(metered: number, control = 1): MeteringBlock {
  return { metered: costs(metered, metered), unmetered: costs(0.9, 1.1), control: costs(control) };
}

describe("the cost of metering", () => {
  test("is what the metered platform uses above the one without, in percent of the latter", () => {
    const { workerd, host } = meteringCost([block(1.02), block(1.02), block(1.02)]);
    expect(workerd.percent).toBeCloseTo(2, 6);
    expect(host.percent).toBeCloseTo(2, 6);
    expect(workerd.errorPercent).toBeCloseTo(0, 6);
  });

  test("comes with the standard error over pairs of platforms", () => {
    const { workerd } = meteringCost([block(1.01), block(1.02), block(1.03)]);
    expect(workerd.percent).toBeCloseTo(2, 6);
    expect(workerd.errorPercent).toBeCloseTo(1 / Math.sqrt(3), 6);
  });

  test("has no error where there are fewer than three pairs, and is not judged", () => {
    const cost = meteringCost([block(1.01), block(1.01)]);
    expect(cost.workerd.errorPercent).toBeNull();
    expect(meteringVerdict(cost)).toBe("too noisy");
  });
});

describe("its verdict", () => {
  test("is within the target up to three percent, and over it above", () => {
    expect(meteringVerdict(meteringCost([block(1.02), block(1.03), block(1.035)]))).toBe("within");
    expect(meteringVerdict(meteringCost([block(1.04), block(1.03), block(1.035)]))).toBe("over");
  });

  test("is none where pairs differ by more than the target", () => {
    expect(meteringVerdict(meteringCost([block(0.95), block(1.02), block(1.06)]))).toBe("too noisy");
    // A standard error of 1.8: twice that is more than the target.
    expect(meteringVerdict(meteringCost([block(0.98), block(1.02), block(1.043)]))).toBe("too noisy");
  });

  test("is none where two platforms without metering differ by more than the target", () => {
    expect(meteringVerdict(meteringCost([block(1.02, 1.05), block(1.02, 1.04), block(1.02, 1.05)]))).toBe("too noisy");
  });
});
