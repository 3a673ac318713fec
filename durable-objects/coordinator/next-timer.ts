import { childDeadline, timerEffects } from "../../engine/run/effects.ts";
import type { RunState } from "../../engine/run/state.ts";

/** When a run has something to do by itself (epoch ms): its next timer, or the limit of an execution it waits for; null: never. */
export function nextTimer(state: RunState): number | null {
  let next = Number.POSITIVE_INFINITY;
  for (const effect of timerEffects(state)) if (effect.type === "setTimer") next = Math.min(next, effect.due);
  for (const instance of state.open.values()) {
    if (instance.status === "running") next = Math.min(next, childDeadline(instance) ?? next);
  }
  return Number.isFinite(next) ? next : null;
}
