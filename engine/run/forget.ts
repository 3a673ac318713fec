import type { Instance, RunState } from "./state.ts";

/** Iterations of a loop stand in the record up to this many; of the later ones only the result is kept. */
export const LISTED_ITERATIONS = 100;
/** Visits of a node that are kept, the newest. */
const LISTED_VISITS = 100;

/** Memory does not grow with what an iteration did once nobody can look into it any more. */
export function forgetIteration(state: RunState, instance: Instance): void {
  if ((instance.index ?? 0) < LISTED_ITERATIONS || instance.step?.undoable) return;
  forget(state, instance);
}

/** Called when a node is visited: the oldest visit that is remembered goes. */
export function forgetVisits(state: RunState, remembered: string[]): void {
  while (remembered.length > LISTED_VISITS) {
    const path = remembered.shift();
    const oldest = path === undefined ? undefined : state.instances.get(path);
    if (oldest && !oldest.step?.undoable) forget(state, oldest);
  }
}

function forget(state: RunState, instance: Instance): void {
  for (const path of instance.children ?? []) {
    const child = state.instances.get(path);
    if (child) forget(state, child);
  }
  state.instances.delete(instance.path);
}
