import { type CaseResult, FIGURE_NAMES, type Figures, ratioOf } from "./figures.ts";
import { type MeasuredTarget, measureWindow } from "./measure-window.ts";
import { medians } from "./measure/medians.ts";
import type { BenchCase } from "./workloads.ts";

/** Runs every case in interleaved rounds (floor, platform, floor, platform, …) and takes each figure's median. */
export async function runCases(
  cases: readonly BenchCase[],
  floor: MeasuredTarget,
  platform: MeasuredTarget | undefined,
  { rounds, seconds, said }: { rounds: number; seconds: number; said: (line: string) => void },
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const it of cases) {
    const ofFloor: Figures[] = [];
    const ofPlatform: Figures[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      said(`${it.name} ${it.title}, round ${round} of ${rounds}`);
      ofFloor.push(await measureWindow(floor, it, seconds));
      if (platform) ofPlatform.push(await measureWindow(platform, it, seconds));
    }
    const result: CaseResult = {
      name: it.name,
      title: it.title,
      floor: medians(ofFloor, FIGURE_NAMES),
      rounds: { floor: ofFloor, platform: ofPlatform },
    };
    if (platform) {
      result.platform = medians(ofPlatform, FIGURE_NAMES);
      result.ratio = ratioOf(result.platform, result.floor);
    }
    results.push(result);
  }
  return results;
}
