import { MAX_IN_FLIGHT } from "../../plan/compile-plan.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { itemsOf, loopFailure, refusesFanOut } from "../loop/behaviour.ts";
import { formerly } from "../../run/keepable.ts";
import { keeps } from "../../run/retry-run.ts";
import { iterationPath } from "../../run/path.ts";
import { tallyOf } from "../../run/state.ts";

/** `items` and `steps`: every iteration goes through the steps, up to `maxConcurrency` of them at once. */
export const forEach: StepBehaviour = {
  open(turn, step, path) {
    const items =
      formerly(turn.state, step, path)?.items ??
      itemsOf(step.parts.items?.evaluate(turn.scope(path)) ?? null, `items of step ${path}`);
    if (!refusesFanOut(turn, path, items)) turn.openContainer(step, path, { items });
  },

  progress(turn, step, instance) {
    const { items = [], path } = instance;
    const tally = tallyOf(instance, "");
    const width = Math.min(step.definition.maxConcurrency ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT);
    while (tally.failure === undefined && tally.opened < items.length && tally.opened - tally.settled < width) {
      if (!turn.mayOpenIn(instance, "")) break;
      turn.worked();
      const iteration = iterationPath(path, tally.opened);
      const begin = { type: "iteration.started" as const, path: iteration };
      if (turn.state.former && keeps(turn, step, iteration, begin)) continue;
      turn.emit(begin);
      const opened = turn.state.open.get(iteration);
      if (opened) turn.ready(opened);
      // Iterations of pure steps settle one by one: each is progressed before the next one opens.
      if (tally.opened > tally.settled && width === 1) return;
    }
    if (!turn.isOpen(instance)) return;
    if (tally.failure !== undefined) loopFailure(turn, instance, tally.failure);
    else if (tally.settled === items.length) turn.settle(instance);
  },
};
