import type { PlanStep } from "../plan/types.ts";
import { type Instance, tallyOf } from "../run/state.ts";
import type { Turn } from "../run/turn.ts";
import { childFailure } from "./child-failure.ts";
import { advance } from "./sequence.ts";

/** A container that goes through one block, chosen when it opened (null: none), and settles with it. */
export function progressBranch(turn: Turn, step: PlanStep, instance: Instance): void {
  const block = instance.branch ?? "";
  const outcome = block === "" ? "done" : advance(turn, instance, block, step.blocks[block]);
  if (outcome === "done") turn.settle(instance);
  const { failure } = tallyOf(instance, block);
  if (outcome === "failed" && failure !== undefined) {
    turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, failure) });
  }
}
