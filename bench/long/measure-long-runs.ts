import { callPlatform } from "../../scripts/call-platform.ts";
import type { MeasuredTarget } from "../measure-window.ts";
import { cpuMs, residentMb } from "../measure/processes.ts";
import { readWhenQuiet } from "../measure/write-counter.ts";
import { costOverTime, type Sample } from "./cost-over-time.ts";
import { LONG_CASES, type LongCase, longWorkflow, loopsFor } from "./long-cases.ts";
import type { LongRun } from "./long-run.ts";
import { readStoredLog } from "./stored-log.ts";

const SAMPLE_MS = 20;
const WAIT_SECONDS = 30;
/** Enough for workerd's compilers to be done with the paths of a step. */
const WARM_UP_ITEMS = 1_500;

/** One execution with `steps` steps for each case, on the platform alone: what counts is that the last cost what the first did. */
export async function measureLongRuns(
  platform: MeasuredTarget,
  steps: number,
  names: readonly string[],
  said: (line: string) => void,
): Promise<LongRun[]> {
  const runs: LongRun[] = [];
  for (const it of LONG_CASES) {
    if (!names.includes(it.name)) continue;
    said(`${it.name} ${it.title}, ${steps} steps`);
    runs.push(await measure(platform, it, steps));
  }
  return runs;
}

async function measure({ target, counter }: MeasuredTarget, it: LongCase, steps: number): Promise<LongRun> {
  const { loops, items } = loopsFor(it, steps);
  const call = (method: "GET" | "POST", path: string, json?: unknown): Promise<Record<string, unknown>> =>
    callPlatform(target.baseUrl, { method, path, authorization: `Bearer ${target.apiKey}`, json });
  const run = async (definition: object, count: number): Promise<string> => {
    const inputs = { items: count };
    const started = await call("POST", "/workflows/executions", { definition, inputs, execution_mode: "async" });
    const id = String(started.execution_id);
    for (;;) {
      const { status, result, error } = await call("GET", `/workflows/executions/${id}?wait=${WAIT_SECONDS}`);
      if (status === "pending" || status === "running" || status === "waiting") continue;
      const { value } = (result as { outputs?: { value?: unknown } } | null)?.outputs ?? {};
      if (status !== "completed" || value !== count)
        throw new Error(`${it.name} ${String(status)} with ${String(value)}: ${JSON.stringify(error)}`);
      return id;
    }
  };
  await run(longWorkflow(it, 1), Math.min(WARM_UP_ITEMS, items));
  const before = await readWhenQuiet(counter);
  const memoryBeforeMb = await residentMb(target.workerdPid);
  const samples: Sample[] = [];
  const sampling = setInterval(() => {
    void cpuMs(target.workerdPid).then((used) => samples.push({ at: Date.now(), cpuMs: used }));
  }, SAMPLE_MS);
  const began = performance.now();
  const id = await run(longWorkflow(it, loops), items);
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(sampling);
  const memoryAfterMb = await residentMb(target.workerdPid);
  const after = await readWhenQuiet(counter);
  const log = await readStoredLog(target.dataDir, id);
  const parts = costOverTime(log.progress, samples);
  const [first = Number.NaN] = parts;
  const last = parts.at(-1) ?? Number.NaN;
  const counted = loops * items * it.stepsPerItem;
  const rows = after.rows !== undefined && before.rows !== undefined ? after.rows - before.rows : undefined;
  return {
    name: it.name,
    title: it.title,
    steps: counted,
    seconds,
    cpuMsPerCall: parts,
    lateToEarly: last / first,
    fsyncsPerStep: (after.fsyncs - before.fsyncs) / counted,
    rowsPerStep: rows === undefined ? undefined : rows / counted,
    logBytesPerStep: log.bytes / counted,
    memoryBeforeMb,
    memoryAfterMb,
    memoryGrowthMb: memoryAfterMb - memoryBeforeMb,
  };
}
