import type { Figures } from "./figures.ts";
import { loadJob } from "./load/load-job.ts";
import { runLoad } from "./load/run-load.ts";
import { residentMb } from "./measure/processes.ts";
import { readWhenSettled, usedEach } from "./measure/settled.ts";
import type { WriteCounter } from "./measure/write-counter.ts";
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
export async function measureWindow(measured: MeasuredTarget, it: BenchCase, seconds: number): Promise<Figures> {
  const { target } = measured;
  const job = loadJob(target, it, seconds);
  await runLoad({ ...job, seconds: WARM_UP_SECONDS, minRuns: WARM_UP_RUNS, maxRuns: it.maxRuns && WARM_UP_RUNS });
  const before = await readWhenSettled(measured);
  const { runs, seconds: took, p50Ms, p95Ms, p99Ms } = await runLoad(job);
  const memoryMb = await residentMb(target.workerdPid);
  const used = usedEach(before, await readWhenSettled(measured), runs);
  return {
    p50Ms,
    p95Ms,
    p99Ms,
    runsPerSecond: runs / took,
    cpuMsPerRun: used.cpuMs,
    hostCpuMsPerRun: used.hostCpuMs,
    fsyncsPerRun: used.fsyncs,
    rowsPerRun: used.rows,
    memoryMb,
  };
}
