import type { StepBehaviour } from "../behaviour.ts";
import { giveAtOnce } from "../give-at-once.ts";

/** `value`: any structure of templates. */
export const output: StepBehaviour = {
  open(turn, step, path) {
    giveAtOnce(turn, path, { value: step.parts.value?.evaluate(turn.scope(path)) ?? null });
  },
};
