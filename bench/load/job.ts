import type { Timed } from "../workloads.ts";

/** What the load generator is told. */
export interface LoadJob {
  baseUrl: string;
  apiKey: string;
  workflow: string;
  /** `outputs.value` minus `inputs.start`. */
  added: number;
  timed: Timed;
  concurrency: number;
  /** The window closes when both are reached, or at `maxRuns`. */
  seconds: number;
  minRuns: number;
  maxRuns?: number;
}

/** What it saw. */
export interface LoadResult {
  runs: number;
  seconds: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}
