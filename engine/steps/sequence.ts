import type { PlanStep } from "../plan/types.ts";
import { childPath } from "../run/path.ts";
import { type Instance, tallyOf } from "../run/state.ts";
import type { Turn } from "../run/turn.ts";

/** How far a sequence has come: it goes on, all of it is settled, or a step of it has failed for good. */
export type Outcome = "open" | "done" | "failed";

/** Opens the steps of a block one after the other, as far as that goes now. */
export function advance(turn: Turn, container: Instance, block: string, steps: readonly PlanStep[] = []): Outcome {
  const tally = tallyOf(container, block);
  while (tally.failure === undefined && tally.opened === tally.settled && tally.opened < steps.length) {
    if (!turn.mayOpenIn(container, block)) return "open";
    const step = steps[tally.opened];
    const pass = block === "steps" ? container.pass : undefined;
    if (step) turn.open(step, childPath(container.path, step.id, pass), false);
  }
  if (!turn.running || !turn.isOpen(container, block)) return "open";
  if (tally.failure !== undefined) return "failed";
  return tally.settled === steps.length ? "done" : "open";
}
