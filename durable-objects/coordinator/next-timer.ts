import { timerEffects } from "../../engine/run/effects.ts";
import type { RunState } from "../../engine/run/state.ts";

/** When the next timer of a run is due (epoch ms); null when none is. */
export function nextTimer(state: RunState): number | null {
  let next: number | null = null;
  for (const effect of timerEffects(state)) {
    if (effect.type === "setTimer" && (next === null || effect.due < next)) next = effect.due;
  }
  return next;
}
