import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import type { BenchResult } from "./figures.ts";
import { runInProcess } from "./in-process.ts";
import { checkGates, checkLongGates, findInvalid, readLimits } from "./judge.ts";
import { measureLongRuns } from "./long/measure-long-runs.ts";
import type { MeasuredTarget } from "./measure-window.ts";
import { openDiskCounter } from "./measure/disk-counter.ts";
import { openPerfCounter } from "./measure/perf-counter.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { compareResults } from "./report/compare-results.ts";
import { printResult } from "./report/print-result.ts";
import { runCases } from "./run-cases.ts";
import { openFloor } from "./targets/open-floor.ts";
import { openPlatform } from "./targets/open-platform.ts";
import type { Target } from "./targets/target.ts";
import { BENCH_CASES } from "./workloads.ts";

/* `npm run bench`: see README.md beside it. Exit codes: 0 done, 1 a gate or a run failed, 2 usage, 3 the run is invalid. */

const ROOT = join(import.meta.dirname, "..");
/** How often a gate run measures again what came out invalid or over a gate: a neighbour's burst should not fail CI. */
const REPEATS = 3;
/** What an execution may have where the deployment says nothing. */
const USUAL_STEPS = 10_000;
const RESULTS = join(import.meta.dirname, "results");

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Which long executions are wanted (none named: all of them); undefined for none. */
function longNames({ only }: BenchOptions): string[] | undefined {
  const named = only.filter((part) => part.startsWith("N"));
  return only.length > 0 && named.length === 0 ? undefined : named;
}

async function withCounter(target: Target): Promise<MeasuredTarget> {
  const counter = (await openPerfCounter(target.workerdPid)) ?? (await openDiskCounter(target.dataDir));
  return { target, counter };
}

async function measure(options: BenchOptions): Promise<BenchResult> {
  const cases = BENCH_CASES.filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.startsWith(part)),
  );
  const inProcess =
    options.floorOnly || (options.only.length > 0 && !options.only.includes("L1")) ? [] : await runInProcess();
  // Inside the checkout, so that it is on a disk that flushes: /tmp may be memory.
  await mkdir(join(ROOT, ".smartify"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, ".smartify/bench-"));
  const opened: MeasuredTarget[] = [];
  try {
    say("starting the floor");
    const floor = await withCounter(await openFloor(join(folder, "floor")));
    opened.push(floor);
    if (!options.floorOnly) say("starting the platform");
    const stepLimit = options.steps > USUAL_STEPS ? options.steps : undefined;
    const platform = options.floorOnly
      ? undefined
      : await withCounter(await openPlatform(join(folder, "platform"), stepLimit));
    if (platform) opened.push(platform);
    const { rounds, seconds } = options;
    const limits = await readLimits();
    let results = await runCases(cases, floor, platform, { rounds, seconds, said: say });
    for (let again = 0; options.gate && again < REPEATS; again += 1) {
      const failed = checkGates(results, limits).filter(({ passed }) => !passed);
      const off = new Set([
        ...findInvalid(results, limits).map((invalid) => invalid.case),
        ...failed.map(({ name }) => name),
      ]);
      if (off.size === 0) break;
      say(`invalid or over a gate: ${[...off].join(", ")}: again`);
      const repeated = cases.filter(({ name }) => off.has(name));
      const better = await runCases(repeated, floor, platform, { rounds, seconds, said: say });
      results = results.map((result) => better.find(({ name }) => name === result.name) ?? result);
    }
    const invalid = findInvalid(results, limits);
    const long = platform && longNames(options);
    let longRuns = long ? await measureLongRuns(platform, options.steps, long, say) : [];
    for (let again = 0; options.gate && again < REPEATS; again += 1) {
      const failed = checkLongGates(longRuns, limits).filter(({ passed }) => !passed);
      if (!platform || failed.length === 0) break;
      const names = [...new Set(failed.map(({ name }) => name))];
      const better = await measureLongRuns(platform, options.steps, names, say);
      longRuns = longRuns.map((run) => better.find(({ name }) => name === run.name) ?? run);
    }
    return {
      at: new Date().toISOString(),
      machine: { cpu: cpus()[0]?.model ?? "unknown", cpus: cpus().length, kernel: release(), node: process.version },
      method: floor.counter.method,
      rounds,
      cases: results,
      inProcess,
      invalid: invalid.map(({ reason }) => reason),
      longRuns,
      gates: [...checkGates(results, limits, invalid), ...checkLongGates(longRuns, limits)],
    };
  } finally {
    for (const { counter } of opened) await counter.close();
    for (const { target } of opened) await target.stop();
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
