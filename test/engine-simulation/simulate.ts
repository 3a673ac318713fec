import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { stringify } from "yaml";
import { writeSource } from "../fuzz/write-source.ts";
import { shrink } from "./shrink.ts";
import { type Simulated, simulateSeed } from "./simulate-seed.ts";
import { add, count, emptyTally, gaps, report, type Tally } from "./tally.ts";

/*
 * `npm run simulate -- --seeds 20000` plays many random workflows through the engine and checks what must always hold;
 * `--from N` begins elsewhere. `npm run simulate -- --seed N` plays one again and prints its workflow and its events; of one that fails,
 * the smallest that still does.
 */

/** Seeds that a thread plays before it is given more. */
const SHARE = 50;

/** One seed, told in full. */
function showSeed(seed: number): void {
  const played = simulateSeed(seed);
  if (played.failure === undefined) return show(played);
  console.log(`# ${played.failure}\n# Shrinking…`);
  show(shrink(played));
  process.exitCode = 1;
}

function show({ definition, log, status, failure, transitions }: Simulated): void {
  console.log(stringify(writeSource(definition)));
  for (const event of log) console.log(event);
  console.log(`\n${transitions} transitions, ${status}: ${failure ?? "everything holds"}`);
}

async function playSeeds(from: number, seeds: number): Promise<Tally> {
  const total = emptyTally();
  let next = from;
  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url));
      const give = (): void => {
        const most = Math.min(SHARE, from + seeds - next);
        if (most <= 0) return void worker.terminate().then(() => resolve());
        worker.postMessage({ from: next, seeds: most });
        next += most;
      };
      worker.on("message", (tally: Tally) => {
        add(total, tally);
        give();
      });
      worker.on("error", reject);
      give();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, thread));
  return total;
}

function serve(): void {
  parentPort?.on("message", ({ from, seeds }: { from: number; seeds: number }) => {
    const tally = emptyTally();
    for (let seed = from; seed < from + seeds; seed++) count(tally, simulateSeed(seed));
    parentPort?.postMessage(tally);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
    },
  });
  if (values.seed !== undefined) return showSeed(Number(values.seed));
  const tally = await playSeeds(Number(values.from), Number(values.seeds));
  console.log(report(tally));
  if (tally.failures.length > 0 || gaps(tally).length > 0) process.exitCode = 1;
}

if (isMainThread) await main();
else serve();
