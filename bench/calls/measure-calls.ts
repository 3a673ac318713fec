import { join } from "node:path";
import { medians } from "../measure/medians.ts";
import { ratios } from "../measure/ratios.ts";
import type { CallCase } from "./call-cases.ts";
import { CALL_FIGURE_NAMES, type CallFigures, type CallResult } from "./call-figures.ts";
import { CallSide } from "./call-side.ts";
import { type OpenCalls, openCalls } from "./open-calls.ts";

/** Slices of each side in a second of `--seconds`. */
const SLICES_A_SECOND = 4;
/** Slices that do not count: until the compilers of workerd are done with what a call goes through. */
const WARM_UP_SLICES = 3;

interface CallOptions {
  rounds: number;
  seconds: number;
  floorOnly: boolean;
  folder: string;
  said: (line: string) => void;
}

/**
 * Every case in a workerd of its own. A round is many short slices in turns (floor, platform, platform, floor, …): what a neighbour on
 * the machine takes for a second is taken from both.
 */
export async function measureCalls(cases: readonly CallCase[], options: CallOptions): Promise<CallResult[]> {
  const results: CallResult[] = [];
  for (const [index, it] of cases.entries()) {
    const opened = await openCalls(join(options.folder, `calls-${index}`));
    try {
      results.push(await measureCase(opened, it, options));
    } finally {
      await opened.close();
    }
  }
  return results;
}

async function measureCase(opened: OpenCalls, it: CallCase, options: CallOptions): Promise<CallResult> {
  const { rounds, seconds, floorOnly, said } = options;
  const floor = new CallSide(opened, it, "floor");
  const platform = new CallSide(opened, it, "platform");
  const ofFloor: CallFigures[] = [];
  const ofPlatform: CallFigures[] = [];
  const turn = floorOnly ? [floor] : [floor, platform];
  for (let slice = 0; slice < WARM_UP_SLICES; slice += 1) for (const side of turn) await side.run();
  for (const side of turn) side.take();
  for (let round = 1; round <= rounds; round += 1) {
    said(`${it.name} ${it.title}, round ${round} of ${rounds}`);
    for (let slice = 0; slice < Math.ceil(seconds * SLICES_A_SECOND); slice += 1) {
      for (const side of turn) await side.run();
      turn.reverse();
    }
    ofFloor.push(floor.take());
    if (!floorOnly) ofPlatform.push(platform.take());
  }
  const result: CallResult = {
    name: it.name,
    title: it.title,
    floor: medians(ofFloor, CALL_FIGURE_NAMES),
    rounds: { floor: ofFloor, platform: ofPlatform },
  };
  if (floorOnly) return result;
  const middle = medians(ofPlatform, CALL_FIGURE_NAMES);
  return { ...result, platform: middle, ratio: ratios(middle, result.floor, CALL_FIGURE_NAMES) };
}
