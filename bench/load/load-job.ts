import type { Target } from "../targets/target.ts";
import type { BenchCase } from "../workloads.ts";
import type { LoadJob } from "./job.ts";

/** What the generator is told for a window of a case. */
export function loadJob(target: Target, it: BenchCase, seconds: number): LoadJob {
  return {
    baseUrl: target.baseUrl,
    apiKey: target.apiKey,
    workflow: it.workflow.slug,
    added: it.workflow.expected(0),
    timed: it.timed,
    concurrency: it.concurrency,
    seconds,
    minRuns: it.minRuns,
    maxRuns: it.maxRuns,
  };
}
