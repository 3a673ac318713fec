import { median } from "../measure/percentile.ts";

/** What one block of runs took of the CPU, in µs a run. */
export interface BlockCost {
  /** Of workerd: the runs themselves, while the sink is held back. */
  runUs: number;
  /** Of workerd: reading once, out of the cell, what the runs left for the sink. */
  readUs: number;
  /** Of workerd: the sink let go on that: read, written to Postgres, acknowledged. */
  sinkUs: number;
  /** Of the process around it, meanwhile: Postgres, elsewhere in production. */
  postgresUs: number;
}

/** Two blocks, one right after the other. */
export interface BlockPair {
  metered: BlockCost;
  unmetered: BlockCost;
  /** Which of them came first. */
  first: "metered" | "unmetered";
}

/** Pairs at one concurrency of W1. */
export interface MeteringPairs {
  concurrency: number;
  pairs: BlockPair[];
  /** Of workerd, µs a run: recording alone, each time that it was replayed. */
  recordedUs: number[];
}

/** A difference, with how far chance moves it. */
export interface Difference {
  mean: number;
  /** Standard error over the pairs. */
  error: number;
}

/**
 * What the ledger costs W1 at one concurrency: µs a run, and percent of what workerd takes for a run without it. What the
 * execution's own record and limits need of usage is on both sides.
 */
export interface MeteringCase {
  name: string;
  /** Of a run without metering, all of it. */
  w1Us: number;
  recordedUs: Difference;
  /** Of the runs themselves, as the clock has them: too noisy to judge by, but what `recordedUs` says must lie within it. */
  runUs: Difference;
  /** Of the sink, in workerd. */
  sentUs: Difference;
  /** What of that is reading, in the cell and on its way out of it. */
  readUs: Difference;
  postgresUs: Difference;
  /** Of the process with Postgres, for a run without metering. */
  postgresW1Us: number;
  percent: Difference;
  /** The same between blocks that differ in nothing. */
  controlPercent: Difference;
  pairs: BlockPair[];
}

export const METERING_CASES: readonly string[] = ["M1 c=1", "M1 c=16", "M1 c=64"];

/** Fewer say nothing about chance. */
export const LEAST_PAIRS = 4;

/** Recording by its replays, the rest by pairs: together and against W1. */
export function meteringCase({ concurrency, pairs, recordedUs }: MeteringPairs): MeteringCase {
  if (pairs.length < LEAST_PAIRS) throw new Error(`${pairs.length} pairs are too few for M1`);
  const differences = (of: keyof BlockCost): Difference =>
    difference(pairs.map(({ metered, unmetered }) => metered[of] - unmetered[of]));
  const w1Us = median(pairs.map(({ unmetered }) => unmetered.runUs + unmetered.sinkUs));
  const sentUs = differences("sinkUs");
  const recorded = difference(recordedUs);
  const percentOf = ({ mean, error }: Difference): Difference => ({
    mean: (mean / w1Us) * 100,
    error: (error / w1Us) * 100,
  });
  return {
    name: `M1 c=${concurrency}`,
    w1Us,
    recordedUs: recorded,
    runUs: differences("runUs"),
    sentUs,
    readUs: differences("readUs"),
    postgresUs: differences("postgresUs"),
    postgresW1Us: median(pairs.map(({ unmetered }) => unmetered.postgresUs)),
    percent: percentOf({ mean: recorded.mean + sentUs.mean, error: Math.hypot(recorded.error, sentUs.error) }),
    controlPercent: percentOf(difference(neighbours(pairs).map(([one, other]) => one.sinkUs - other.sinkUs))),
    pairs,
  };
}

/**
 * Where a pair ends with what the next begins with, those two blocks differ in nothing. Each second difference is taken the other
 * way round, as pairs are: what changes on the machine all the time is on nobody's side.
 */
function neighbours(pairs: readonly BlockPair[]): [BlockCost, BlockCost][] {
  return pairs.slice(1).flatMap((pair, index) => {
    const before = pairs[index];
    if (!before || before.first === pair.first) return [];
    const two: [BlockCost, BlockCost] = [before[pair.first], pair[pair.first]];
    return [index % 2 === 0 ? two : [two[1], two[0]]];
  });
}

function difference(values: readonly number[]): Difference {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
