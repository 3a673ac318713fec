import { childFailure } from "../steps/child-failure.ts";
import { advance } from "../steps/sequence.ts";
import { stepOf } from "./apply-step.ts";
import { emitEnding } from "./ending.ts";
import { tallyOf } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Undoes completed steps, the last first; one that cannot be undone is recorded, and the rest go on (section 20). */
export function progressCompensation(turn: Turn): void {
  const { state } = turn;
  while (state.ending && turn.running && !turn.exhausted) {
    const path = state.undoing ?? state.undoable.at(-1);
    if (path === undefined) return emitEnding(turn, state.ending);
    if (state.undoing === null) turn.emit({ type: "step.compensating", path });
    const instance = state.instances.get(path);
    if (!instance) throw new Error(`${path} is to be undone and not remembered`);
    const outcome = advance(turn, instance, "compensate", stepOf(instance).blocks.compensate);
    if (outcome === "open") return;
    const { failure } = tallyOf(instance, "compensate");
    const error = failure === undefined ? undefined : childFailure(state, failure);
    turn.emit({ type: "step.compensated", path, ...(error === undefined ? {} : { error }) });
  }
}
