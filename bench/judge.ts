import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArrivalFigureName, ArrivalResult } from "./arrivals/arrival-figures.ts";
import type { CallFigureName, CallResult } from "./calls/call-figures.ts";
import type { BenchResult, CaseResult, FigureName } from "./figures.ts";
import type { LongFigure, LongRun } from "./long/long-run.ts";
import type { Difference, MeteringCase } from "./metering/metering-cost.ts";

/** `bench/gates.json`: what the floor must show for a run to count, and what the platform may cost at most. */
export interface Limits {
  /** Ranges from `facts.md`, by case and figure; one number is a range of that number. */
  floor: Record<string, Partial<Record<FigureName, [number, number]>>>;
  /** How far outside its range the floor may be, as a share. */
  floorTolerance: number;
  gates: {
    case: string;
    figure: FigureName /** Against the floor's instead of absolute. */;
    ratio?: boolean;
    max: number;
  }[];
  arrivalGates: {
    case: string;
    figure: ArrivalFigureName /** Against the floor's instead of absolute. */;
    ratio?: boolean;
    max: number;
  }[];
  callGates: { case: string; figure: CallFigureName; ratio?: boolean; max: number }[];
  longGates: { case: string; figure: LongFigure; max: number }[];
  /** Percent of W1's CPU, where chance is taken to be against us. */
  meteringGates: { case: string; figure: "percent"; max: number }[];
  /** Percent that blocks which differ in nothing may differ by, chance included: above, nothing is judged. */
  meteringNoise: number;
}

export async function readLimits(): Promise<Limits> {
  return JSON.parse(await readFile(join(import.meta.dirname, "gates.json"), "utf8"));
}

export interface Invalid {
  /** `W1 c=16`. */
  case: string;
  reason: string;
}

/** Why the run does not count: the machine, or how busy it is, is not what the limits were made for. */
export function findInvalid(cases: readonly CaseResult[], { floor, floorTolerance }: Limits): Invalid[] {
  const found: Invalid[] = [];
  for (const { name, floor: measured } of cases) {
    for (const [figure, range] of entriesOf(floor[name] ?? {})) {
      const [least, most] = range;
      const value = measured[figure];
      if (value !== undefined && value >= least * (1 - floorTolerance) && value <= most * (1 + floorTolerance))
        continue;
      const expected = least === most ? `${least}` : `${least}–${most}`;
      const off = `${value?.toFixed(3) ?? "unknown"}, more than ${floorTolerance * 100} % off ${expected}`;
      found.push({ case: name, reason: `the floor's ${figure} in ${name} is ${off}` });
    }
  }
  return found;
}

/**
 * Every gate whose case was run. `max` is a bound that is met by equality. A ratio to the floor says nothing in a case whose
 * floor is `invalid`: those are left out; absolute gates stand.
 */
export function checkGates(
  cases: readonly CaseResult[],
  { gates }: Limits,
  invalid: readonly Invalid[] = [],
): BenchResult["gates"] {
  const checked: BenchResult["gates"] = [];
  for (const gate of gates) {
    const result = cases.find(({ name }) => name === gate.case);
    if (!result?.platform) continue;
    if (gate.ratio && invalid.some((it) => it.case === gate.case)) continue;
    const measured = (gate.ratio ? result.ratio : result.platform)?.[gate.figure];
    if (measured === undefined) continue;
    const figure = gate.ratio ? `${gate.figure} ÷ floor` : gate.figure;
    checked.push({ name: gate.case, figure, measured, limit: gate.max, passed: measured <= gate.max });
  }
  return checked;
}

/** Every gate of a long execution that was run. */
export function checkLongGates(runs: readonly LongRun[], { longGates }: Limits): BenchResult["gates"] {
  return longGates.flatMap(({ case: name, figure, max }) => {
    const measured = runs.find((run) => run.name === name)?.[figure];
    // What is no number was not measured rightly, and passes nothing.
    return measured === undefined ? [] : [{ name, figure, measured, limit: max, passed: measured <= max }];
  });
}

/** Where M1's control says that the machine is too busy for the figure to be judged. */
export function findNoisy(cases: readonly MeteringCase[], { meteringNoise }: Limits): Invalid[] {
  return cases.flatMap(({ name, controlPercent }) => {
    const off = atMost(controlPercent);
    if (off <= meteringNoise) return [];
    return [
      { case: name, reason: `the control of ${name} may be off by ${off.toFixed(2)} %, more than ${meteringNoise}` },
    ];
  });
}

/** Every gate of what metering costs, where it can be judged: at the far end of chance. */
export function checkMeteringGates(cases: readonly MeteringCase[], limits: Limits): BenchResult["gates"] {
  const noisy = findNoisy(cases, limits);
  return limits.meteringGates.flatMap(({ case: name, figure, max }) => {
    const result = cases.find((it) => it.name === name);
    if (!result || noisy.some((it) => it.case === name)) return [];
    const measured = result[figure].mean + 2 * result[figure].error;
    return [{ name, figure, measured, limit: max, passed: measured <= max }];
  });
}

/** How far from nothing a difference may be: two standard errors. */
function atMost({ mean, error }: Difference): number {
  return Math.abs(mean) + 2 * error;
}

/** Every gate of an arrival that was measured. */
export function checkArrivalGates(results: readonly ArrivalResult[], { arrivalGates }: Limits): BenchResult["gates"] {
  return checkEach(results, arrivalGates);
}

/** Every gate of a call that was measured. */
export function checkCallGates(results: readonly CallResult[], { callGates }: Limits): BenchResult["gates"] {
  return checkEach(results, callGates);
}

type Compared<Figure extends string> = {
  name: string;
  platform?: Partial<Record<Figure, number>>;
  ratio?: Partial<Record<Figure, number>>;
};

function checkEach<Figure extends string>(
  results: readonly Compared<Figure>[],
  gates: readonly { case: string; figure: Figure; ratio?: boolean; max: number }[],
): BenchResult["gates"] {
  return gates.flatMap(({ case: name, figure, ratio, max }) => {
    const result = results.find((it) => it.name === name);
    const measured = (ratio ? result?.ratio : result?.platform)?.[figure];
    if (measured === undefined) return [];
    return [{ name, figure: ratio ? `${figure} ÷ floor` : figure, measured, limit: max, passed: measured <= max }];
  });
}

function entriesOf(ranges: Partial<Record<FigureName, [number, number]>>): [FigureName, [number, number]][] {
  // Keys of a typed record: TypeScript widens them to string.
  return Object.entries(ranges) as [FigureName, [number, number]][];
}
