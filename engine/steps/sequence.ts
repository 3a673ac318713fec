import type { PlanStep } from "../plan/types.ts";
import { childPath } from "../run/path.ts";
import type { Instance } from "../run/state.ts";
import type { Turn } from "../run/turn.ts";
import { childFailure } from "./child-failure.ts";

/** The workflow's own steps, one after the other; the run ends with the last, or with the first that fails for good. */
export function progressSequence(turn: Turn, root: Instance, steps: readonly PlanStep[]): void {
  while (root.failure === undefined && root.opened === root.settled && root.opened < steps.length) {
    if (turn.exhausted || !turn.running) return;
    const step = steps[root.opened];
    if (step) turn.open(step, childPath(root.path, step.id), false);
  }
  if (!turn.running) return;
  if (root.failure !== undefined) turn.fail(childFailure(turn.state, root.failure));
  else if (root.settled === steps.length) turn.complete();
}
