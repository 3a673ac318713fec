import type { PlanStep } from "../../plan/types.ts";
import { type Instance, tallyOf } from "../../run/state.ts";
import type { Turn } from "../../run/turn.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { childFailure } from "../child-failure.ts";
import { advance } from "../sequence.ts";

/** Branches run at once, each a sequence; the join says when the step is done, and the rest is cancelled. */
export const parallel: StepBehaviour = {
  open: (turn, step, path) => turn.openContainer(step, path),

  progress(turn, step, instance) {
    if (step.definition.kind !== "parallel") return;
    const { branches, join } = step.definition;
    const names = Object.keys(branches);
    let done = 0;
    let lastFailure: string | undefined;
    let failed = 0;
    for (const name of names) {
      const block = `branches/${name}`;
      const outcome = advance(turn, instance, block, step.blocks[block]);
      if (!turn.running || !turn.isOpen(instance)) return;
      if (outcome === "done") done += 1;
      if (outcome === "failed") {
        failed += 1;
        lastFailure = later(turn, lastFailure, tallyOf(instance, block).failure);
      }
    }
    const wanted = join === "all" ? names.length : join === "any" ? Math.min(1, names.length) : join.count;
    const lost = failed > names.length - wanted;
    if (done >= wanted) settle(turn, instance);
    else if (lost && !step.continueOnError) fail(turn, step, instance, lastFailure);
    else if (done + failed === names.length) settle(turn, instance);
  },
};

/** Of two failed steps the one that failed last: it made the join impossible. */
function later(turn: Turn, one: string | undefined, other: string | undefined): string | undefined {
  const finished = (path: string | undefined) =>
    path === undefined ? 0 : (turn.state.instances.get(path)?.finishedAt ?? 0);
  return finished(other) >= finished(one) ? other : one;
}

function settle(turn: Turn, instance: Instance): void {
  turn.cancelBelow(instance.path);
  turn.settle(instance);
}

function fail(turn: Turn, step: PlanStep, instance: Instance, failure: string | undefined): void {
  if (failure === undefined) throw new Error(`${step.address} failed without a failed branch`);
  turn.cancelBelow(instance.path);
  turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, failure) });
}
