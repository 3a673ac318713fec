import { childPath } from "../../run/path.ts";
import { tallyOf } from "../../run/state.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { loopFailure } from "../loop/behaviour.ts";

/** `parallel: [steps]`: all at once; complete when every child is, failed with the first child that fails for good. */
export const parallelList: StepBehaviour = {
  open: (turn, step, path) => turn.openContainer(step, path),

  progress(turn, step, instance) {
    const children = step.blocks.parallel ?? [];
    const tally = tallyOf(instance, "parallel");
    while (tally.failure === undefined && tally.opened < children.length && turn.mayOpenIn(instance, "")) {
      const child = children[tally.opened];
      if (child) turn.open(child, childPath(instance.path, child.id), false);
    }
    if (!turn.running || !turn.isOpen(instance)) return;
    if (tally.failure !== undefined) loopFailure(turn, instance, tally.failure);
    else if (tally.settled === children.length) turn.settle(instance);
  },
};
