import { join } from "node:path";
import { type BlockPair, LEAST_PAIRS, type MeteringCase, meteringCase } from "./metering-cost.ts";
import { SwitchedPlatform } from "./switched-platform.ts";

/** What the sink finds in W1 at each concurrency, in about the 300 ms that changes gather. */
const RUNS = { 1: 100, 16: 200, 64: 250 } as const;
/** Until the compilers of workerd are done with what a run and its sink go through. */
const WARM_UP_PAIRS = 4;
const PAIRS_A_ROUND = 3;

/** W1 with and without metering, in pairs of short blocks on one platform; see `README.md` for what is counted, and why. */
export async function measureMetering(
  folder: string,
  { rounds, said, only }: { rounds: number; said: (line: string) => void; only: readonly string[] },
): Promise<MeteringCase[]> {
  const platform = await SwitchedPlatform.open(join(folder, `metering-${Date.now()}`));
  try {
    said("M1 metering, warming up");
    for (let pair = 0; pair < WARM_UP_PAIRS; pair += 1) await measurePair(platform, 16, RUNS[16], pair);
    const cases: MeteringCase[] = [];
    for (const [text, runs] of Object.entries(RUNS)) {
      const concurrency = Number(text);
      if (!only.includes(`M1 c=${concurrency}`)) continue;
      const pairs: BlockPair[] = [];
      const recordedUs: number[] = [];
      said(`M1 metering, W1 c=${concurrency}`);
      while (pairs.length < Math.max(LEAST_PAIRS, rounds * PAIRS_A_ROUND)) {
        pairs.push(await measurePair(platform, concurrency, runs, pairs.length));
        recordedUs.push(await platform.replay());
      }
      cases.push(meteringCase({ concurrency, pairs, recordedUs }));
    }
    // A switch that does nothing would make metering look free, and one that loses some would, too.
    const recorded = await platform.recordedRuns();
    if (recorded !== platform.meteredRuns || recorded === 0)
      throw new Error(`M1 made ${platform.meteredRuns} runs with metering, and ${recorded} were recorded`);
    return cases;
  } finally {
    await platform.stop();
  }
}

/** There and back: what changes on the machine meanwhile is on nobody's side. */
async function measurePair(
  platform: SwitchedPlatform,
  concurrency: number,
  runs: number,
  index: number,
): Promise<BlockPair> {
  const first = index % 2 === 0 ? "metered" : "unmetered";
  const one = await platform.block(first === "metered" ? "on" : "off", concurrency, runs);
  const other = await platform.block(first === "metered" ? "off" : "on", concurrency, runs);
  return first === "metered" ? { first, metered: one, unmetered: other } : { first, metered: other, unmetered: one };
}
