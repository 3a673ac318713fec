import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { claimPort } from "../scripts/platform/claim-port.ts";
import { runArrivals } from "./arrivals/run-arrivals.ts";
import { measureCalls } from "./calls/measure-calls.ts";
import type { BenchResult } from "./figures.ts";
import { runInProcess } from "./in-process.ts";
import {
  checkArrivalGates,
  checkCallGates,
  checkGates,
  checkLongGates,
  checkMeteringGates,
  findInvalid,
  findNoisy,
  readLimits,
} from "./judge.ts";
import { measureLongRuns } from "./long/measure-long-runs.ts";
import { runMetering } from "./metering/run-metering.ts";
import { measureNeighbours } from "./neighbours/measure-neighbours.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { compareResults } from "./report/compare-results.ts";
import { printResult } from "./report/print-result.ts";
import { runCases } from "./run-cases.ts";
import { selectWork, type Work } from "./select-work.ts";
import { openFloor } from "./targets/open-floor.ts";
import { openPlatform } from "./targets/open-platform.ts";
import { withTargets } from "./targets/with-targets.ts";

/* `npm run bench`: see README.md beside it. Exit codes: 0 done, 1 a gate or a run failed, 2 usage, 3 the run is invalid. */

const ROOT = join(import.meta.dirname, "..");
/** How often a gate run measures again what came out over a gate: a neighbour's burst should not fail CI. */
const REPEATS = 3;
/** An invalid floor is measured once more: a machine that is not what the figures were made for does not become it. */
const REPEATS_OF_INVALID = 1;
/** What an execution may have where the deployment says nothing. */
const USUAL_STEPS = 10_000;
const RESULTS = join(import.meta.dirname, "results");

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

type Measured = Pick<BenchResult, "cases" | "longRuns" | "arrivals" | "method" | "invalid" | "gates">;

/** All that is measured on the floor, a platform, or both in turns. */
async function measureTargets(options: BenchOptions, work: Work, folder: string): Promise<Measured> {
  const { rounds, seconds, gate, steps } = options;
  const port = await claimPort(0);
  const vars: Record<string, string> = steps > USUAL_STEPS ? { STEP_LIMIT: String(steps) } : {};
  const openers = [() => openFloor(join(folder, "floor"))];
  if (!options.floorOnly) openers.push(() => openPlatform(join(folder, "platform"), { vars, receiverPort: port }));
  say(options.floorOnly ? "starting the floor" : "starting the floor and the platform");
  return withTargets(openers, async ([floor, platform]) => {
    if (!floor) throw new Error("there is no floor");
    const limits = await readLimits();
    let cases = await runCases(work.cases, floor, platform, { rounds, seconds, said: say });
    for (let again = 0; gate && again < REPEATS; again += 1) {
      const unfit = again < REPEATS_OF_INVALID ? findInvalid(cases, limits) : [];
      const failed = checkGates(cases, limits, findInvalid(cases, limits)).filter(({ passed }) => !passed);
      const off = new Set([...unfit.map((invalid) => invalid.case), ...failed.map(({ name }) => name)]);
      if (off.size === 0) break;
      for (const { reason } of unfit) say(`invalid: ${reason}`);
      for (const { name, figure, measured, limit } of failed) {
        say(`over a gate: ${figure} of ${name} is ${measured.toFixed(2)}, the limit ${limit}`);
      }
      say(`again: ${[...off].join(", ")}`);
      const repeated = work.cases.filter(({ name }) => off.has(name));
      const better = await runCases(repeated, floor, platform, { rounds, seconds, said: say });
      cases = cases.map((result) => better.find(({ name }) => name === result.name) ?? result);
    }
    const invalid = findInvalid(cases, limits);
    const arrivals = await runArrivals(work.arrivals, floor, platform, { rounds, seconds, port, said: say });
    let longRuns = platform ? await measureLongRuns(platform, steps, work.long, say) : [];
    for (let again = 0; gate && again < REPEATS; again += 1) {
      const failed = checkLongGates(longRuns, limits).filter(({ passed }) => !passed);
      if (!platform || failed.length === 0) break;
      const names = [...new Set(failed.map(({ name }) => name))];
      const better = await measureLongRuns(platform, steps, names, say);
      longRuns = longRuns.map((run) => better.find(({ name }) => name === run.name) ?? run);
    }
    const gates = [
      ...checkGates(cases, limits, invalid),
      ...checkArrivalGates(arrivals, limits),
      ...checkLongGates(longRuns, limits),
    ];
    return {
      cases,
      longRuns,
      arrivals,
      method: floor.counter.method,
      invalid: invalid.map(({ reason }) => reason),
      gates,
    };
  });
}

/** Calls of actions. Those over a gate are measured again, as workloads are. */
async function measureGatedCalls(
  { gate, rounds, seconds, floorOnly }: BenchOptions,
  work: Work,
  folder: string,
): Promise<Pick<BenchResult, "calls" | "gates">> {
  const limits = await readLimits();
  const options = { rounds, seconds, floorOnly, folder, said: say };
  let calls = await measureCalls(work.calls, options);
  for (let again = 0; gate && again < REPEATS; again += 1) {
    const failed = new Set(checkCallGates(calls, limits).flatMap(({ name, passed }) => (passed ? [] : [name])));
    if (failed.size === 0) break;
    say(`over a gate: ${[...failed].join(", ")}: again`);
    const better = await measureCalls(
      work.calls.filter(({ name }) => failed.has(name)),
      { ...options, folder: join(folder, `again-${again}`) },
    );
    calls = calls.map((result) => better.find(({ name }) => name === result.name) ?? result);
  }
  return { calls, gates: checkCallGates(calls, limits) };
}

const NOTHING: Measured = { cases: [], longRuns: [], arrivals: [], method: "nothing", invalid: [], gates: [] };

async function measure(options: BenchOptions): Promise<BenchResult> {
  const work = selectWork(options);
  const inProcess = work.inProcess ? await runInProcess() : [];
  // Inside the checkout, so that it is on a disk that flushes: /tmp may be memory.
  await mkdir(join(ROOT, ".smartify"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, ".smartify/bench-"));
  try {
    const onTargets = work.cases.length + work.arrivals.length + work.long.length > 0;
    const measured = onTargets ? await measureTargets(options, work, folder) : NOTHING;
    const { calls, gates } = await measureGatedCalls(options, work, folder);
    const { rounds, seconds } = options;
    const limits = await readLimits();
    const repeats = options.gate ? REPEATS_OF_INVALID : 0;
    const metering = await runMetering(folder, { only: work.metering, rounds, repeats, limits, said: say });
    const neighbours = work.neighbours ? await measureNeighbours(folder, { rounds, seconds, said: say }) : null;
    return {
      at: new Date().toISOString(),
      machine: { cpu: cpus()[0]?.model ?? "unknown", cpus: cpus().length, kernel: release(), node: process.version },
      rounds,
      inProcess,
      metering,
      neighbours,
      ...measured,
      calls,
      invalid: [...measured.invalid, ...findNoisy(metering, limits).map(({ reason }) => reason)],
      gates: [...measured.gates, ...gates, ...checkMeteringGates(metering, limits)],
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function readResult(path: string): Promise<BenchResult> {
  return JSON.parse(await readFile(path, "utf8"));
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    say(USAGE);
    return 2;
  }
  if (options.compare) {
    const [before, after] = options.compare;
    process.stdout.write(compareResults(await readResult(before), await readResult(after)));
    return 0;
  }
  const result = await measure(options);
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.at.replaceAll(":", "-")}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`\n${printResult(result)}\nwritten to ${file}\n`);
  if (options.gate && result.gates.some(({ passed }) => !passed)) return 1;
  return result.invalid.length > 0 ? 3 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();
