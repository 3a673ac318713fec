import type { Figures } from "./figures.ts";
import type { LoadJob } from "./load/job.ts";
import { runLoad } from "./load/run-load.ts";
import { cpuMs, residentMb } from "./measure/processes.ts";
import { readWhenQuiet, type WriteCounter } from "./measure/write-counter.ts";
import type { Target } from "./targets/target.ts";
import type { BenchCase } from "./workloads.ts";

const WARM_UP_SECONDS = 0.5;
const WARM_UP_RUNS = 50;

/** A target with what counts its writes. */
export interface MeasuredTarget {
  target: Target;
  counter: WriteCounter;
}

/**
 * One window: warm up, wait until the target is quiet, run the load, wait until it is quiet again. What the target does
 * for these runs after answering them (outbox, alarms that fall due) counts for them.
 */
export async function measureWindow(
  { target, counter }: MeasuredTarget,
  it: BenchCase,
  seconds: number,
): Promise<Figures> {
  const job: LoadJob = {
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
  await runLoad({ ...job, seconds: WARM_UP_SECONDS, minRuns: WARM_UP_RUNS, maxRuns: it.maxRuns && WARM_UP_RUNS });
  const writesBefore = await readWhenQuiet(counter);
  const [cpuBefore, hostBefore] = [await cpuMs(target.workerdPid), await cpuMs(target.hostPid)];
  const { runs, seconds: took, p50Ms, p95Ms, p99Ms } = await runLoad(job);
  const memoryMb = await residentMb(target.workerdPid);
  const writes = await readWhenQuiet(counter);
  const [cpu, host] = [await cpuMs(target.workerdPid), await cpuMs(target.hostPid)];
  const rows =
    writes.rows !== undefined && writesBefore.rows !== undefined ? writes.rows - writesBefore.rows : undefined;
  return {
    p50Ms,
    p95Ms,
    p99Ms,
    runsPerSecond: runs / took,
    cpuMsPerRun: (cpu - cpuBefore) / runs,
    hostCpuMsPerRun: (host - hostBefore) / runs,
    fsyncsPerRun: (writes.fsyncs - writesBefore.fsyncs) / runs,
    rowsPerRun: rows === undefined ? undefined : rows / runs,
    memoryMb,
  };
}
