import type { MeasuredTarget } from "../measure-window.ts";
import { medians } from "../measure/medians.ts";
import { ratios } from "../measure/ratios.ts";
import type { ArrivalCase } from "./arrival-cases.ts";
import { ARRIVAL_FIGURE_NAMES, type ArrivalFigures, type ArrivalResult } from "./arrival-figures.ts";
import type { Receiver } from "./load/job.ts";
import { measureArrivals } from "./measure-arrivals.ts";

/** Rounds of a case that waits for a whole minute. */
const SLOW_ROUNDS = 2;

/** Every case in interleaved rounds, as `runCases` does. */
export async function runArrivals(
  cases: readonly ArrivalCase[],
  floor: MeasuredTarget,
  platform: MeasuredTarget | undefined,
  { rounds, seconds, port, said }: { rounds: number; seconds: number; port: number; said: (line: string) => void },
): Promise<ArrivalResult[]> {
  const results: ArrivalResult[] = [];
  for (const { name, title, slow, job } of cases) {
    const ofFloor: ArrivalFigures[] = [];
    const ofPlatform: ArrivalFigures[] = [];
    const count = slow ? Math.min(rounds, SLOW_ROUNDS) : rounds;
    for (let round = 1; round <= count; round += 1) {
      said(`${name} ${title}, round ${round} of ${count}`);
      for (const [measured, figures] of [[floor, ofFloor] as const, [platform, ofPlatform] as const]) {
        if (!measured) continue;
        const receiver: Receiver = { port, origin: measured.target.receiverOrigin(port) };
        figures.push(await measureArrivals(measured, job(measured.target, receiver, seconds)));
      }
    }
    const result: ArrivalResult = {
      name,
      title,
      floor: medians(ofFloor, ARRIVAL_FIGURE_NAMES),
      rounds: { floor: ofFloor, platform: ofPlatform },
    };
    if (ofPlatform.length > 0) {
      result.platform = medians(ofPlatform, ARRIVAL_FIGURE_NAMES);
      result.ratio = ratios(result.platform, result.floor, ARRIVAL_FIGURE_NAMES);
    }
    results.push(result);
  }
  return results;
}
