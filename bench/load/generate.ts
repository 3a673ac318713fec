import { percentile } from "../measure/percentile.ts";
import type { LoadJob, LoadResult } from "./job.ts";
import { RunClient } from "./run-client.ts";

/* The load generator: a process of its own, so that what it costs is nobody's. Its job is argv[2]; it prints what it saw. */

/** A record's times are cut to whole milliseconds: half of one is missing on average. */
const CUT_OFF_MS = 0.5;

/** Milliseconds since the epoch, with a fraction. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

async function generate(job: LoadJob): Promise<LoadResult> {
  const client = new RunClient(job);
  const times: number[] = [];
  const started: { id: string; start: number }[] = [];
  let begun = 0;
  const openedAt = performance.now();
  const closesAt = openedAt + job.seconds * 1000;
  const more = (): boolean => {
    if (begun >= (job.maxRuns ?? Number.POSITIVE_INFINITY)) return false;
    return begun < job.minRuns || performance.now() < closesAt;
  };
  const caller = async (): Promise<void> => {
    while (more()) {
      const start = begun++;
      const sentAt = wallClock();
      if (job.timed === "all runs") started.push({ id: await client.start(start), start });
      else {
        const record = await client.run(start);
        const firstStep = Date.parse(record.steps?.[0]?.finished_at ?? "");
        times.push((job.timed === "first step" ? firstStep + CUT_OFF_MS : wallClock()) - sentAt);
      }
      if (job.timed === "all runs") times.push(wallClock() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: job.concurrency }, caller));
  const waiter = async (): Promise<void> => {
    for (let run = started.pop(); run; run = started.pop()) await client.wait(run.id, run.start);
  };
  await Promise.all(Array.from({ length: job.concurrency }, waiter));
  const seconds = (performance.now() - openedAt) / 1000;
  await client.close();
  times.sort((a, b) => a - b);
  return {
    runs: begun,
    seconds,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    p99Ms: percentile(times, 0.99),
  };
}

function parseJob(text: string | undefined): LoadJob {
  if (text === undefined) throw new Error("usage: generate.ts JOB_JSON");
  return JSON.parse(text);
}

process.stdout.write(JSON.stringify(await generate(parseJob(process.argv[2]))));
