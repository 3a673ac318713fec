import { join } from "node:path";
import { callPlatform } from "../../scripts/call-platform.ts";
import { loadJob } from "../load/load-job.ts";
import { runLoad } from "../load/run-load.ts";
import type { MeasuredTarget } from "../measure-window.ts";
import { readUsed, readWhenSettled, usedEach } from "../measure/settled.ts";
import { openPlatform } from "../targets/open-platform.ts";
import type { Target } from "../targets/target.ts";
import { withTargets } from "../targets/with-targets.ts";
import { BENCH_CASES, type BenchCase } from "../workloads.ts";
import { type MeteringBlock, type MeteringCost, meteringCost, type RunCost } from "./metering-cost.ts";

const CASE = "W1 c=16";
/** The platform's sink asks cells for no usage then (`workers/main.ts`). */
const WITHOUT = { BENCH_WITHOUT_METERING: "1" };
/** Windows of each platform in a block. */
const TURNS = 4;
/** First windows, which nobody counts: until the compilers of workerd are done with what a run and its sink go through. */
const WARM_UP_WINDOWS = 2;

/**
 * W1 with and without metering, and without once more, on three platforms that take turns, in `blocks` blocks of freshly
 * started ones: a process may be a percent slower than its twin for as long as it lives.
 */
export async function measureMetering(
  folder: string,
  { blocks, seconds, said }: { blocks: number; seconds: number; said: (line: string) => void },
): Promise<MeteringCost> {
  const measured: MeteringBlock[] = [];
  for (let block = 1; block <= blocks; block += 1) {
    said(`M1 metering, block ${block} of ${blocks}`);
    const at = (name: string): string => join(folder, `metering-${block}-${name}`);
    const openers = [
      () => openPlatform(at("with")),
      () => openPlatform(at("without"), { vars: WITHOUT }),
      () => openPlatform(at("control"), { vars: WITHOUT }),
    ] as const;
    measured.push(await withTargets(openers, (opened) => measureBlock(opened, seconds)));
  }
  return meteringCost(measured);
}

async function measureBlock(opened: readonly MeasuredTarget[], seconds: number): Promise<MeteringBlock> {
  const it = BENCH_CASES.find(({ name }) => name === CASE);
  const [metered, unmetered, control] = opened;
  if (!it || !metered || !unmetered || !control) throw new Error(`M1 needs ${CASE} and three platforms`);
  const block: MeteringBlock = { metered: [], unmetered: [], control: [] };
  const turn = [
    { measured: metered, costs: block.metered },
    { measured: unmetered, costs: block.unmetered },
    { measured: control, costs: block.control },
  ];
  for (let window = 0; window < WARM_UP_WINDOWS; window += 1)
    for (const { measured } of turn) await costOfRun(measured, it, seconds);
  for (let window = 0; window < TURNS; window += 1) {
    for (const { measured, costs } of turn) costs.push(await costOfRun(measured, it, seconds));
    // There and back: what changes on the machine meanwhile is on nobody's side.
    turn.reverse();
  }
  // A switch that does nothing would make metering look free.
  const recorded = await Promise.all(opened.map(({ target }) => recordedRuns(target)));
  if (recorded[0] === 0 || recorded[1] !== 0 || recorded[2] !== 0)
    throw new Error(`M1 compares nothing: its platforms have recorded ${recorded.join(", ")} executions`);
  return block;
}

/** One window. It begins where the one before left the platform: with nothing to do. */
async function costOfRun(measured: MeasuredTarget, it: BenchCase, seconds: number): Promise<RunCost> {
  const before = await readUsed(measured);
  const { runs } = await runLoad(loadJob(measured.target, it, seconds));
  const { cpuMs, hostCpuMs } = usedEach(before, await readWhenSettled(measured), runs);
  return { cpuMs, hostCpuMs };
}

/** Executions that came to the ledger. */
async function recordedRuns({ baseUrl, apiKey }: Target): Promise<number> {
  const usage = await callPlatform(baseUrl, { path: "/usage", authorization: `Bearer ${apiKey}` });
  const { executions } = (usage.total ?? {}) as { executions?: unknown };
  if (typeof executions !== "number") throw new Error(`not a tenant's usage: ${JSON.stringify(usage)}`);
  return executions;
}
