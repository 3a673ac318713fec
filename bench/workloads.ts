import type { BenchWorkflow } from "./workflows.ts";
import { FIFTY_PARALLEL, TEN_STEPS, THREE_STEPS } from "./workflows.ts";

/** What a run's time is: from request to final record, from request to the first step's settling, from first start to last end. */
export type Timed = "whole run" | "first step" | "all runs";

/** One line of the report: a workload at one concurrency. */
export interface BenchCase {
  /** `W1 c=16`: how results, facts and gates name it. */
  name: string;
  title: string;
  workflow: BenchWorkflow;
  timed: Timed;
  concurrency: number;
  /** Runs in one measured window, at least. */
  minRuns: number;
  /** Runs in one measured window at most, however short that is. */
  maxRuns?: number;
}

const W5_STARTS = 1_000;
/** Long enough that filling up and running dry, when few runs share a commit, do not show. */
const W1_RUNS_AT_64 = 4_000;

/** A quick run has the same cases in shorter windows, but never fewer W1 runs than an average of fsyncs needs. */
export const BENCH_CASES: readonly BenchCase[] = [
  ...[1, 16, 64].map((concurrency) => ({
    name: `W1 c=${concurrency}`,
    title: "three steps, sync",
    workflow: THREE_STEPS,
    timed: "whole run" as const,
    concurrency,
    minRuns: concurrency === 64 ? W1_RUNS_AT_64 : 1_000,
  })),
  { name: "W2 c=1", title: "ten steps, sync", workflow: TEN_STEPS, timed: "whole run", concurrency: 1, minRuns: 50 },
  {
    name: "W3 c=1",
    title: "fifty parallel, sync",
    workflow: FIFTY_PARALLEL,
    timed: "whole run",
    concurrency: 1,
    minRuns: 50,
  },
  {
    name: "W4 c=1",
    title: "start to first step",
    workflow: THREE_STEPS,
    timed: "first step",
    concurrency: 1,
    minRuns: 50,
  },
  {
    name: "W5 c=64",
    title: "1,000 async starts",
    workflow: THREE_STEPS,
    timed: "all runs",
    concurrency: 64,
    minRuns: W5_STARTS,
    maxRuns: W5_STARTS,
  },
];
