import type { StepBehaviour } from "./behaviour.ts";

/** A step that is one call: of an action, of another workflow, of an agent. What it sends is decided by its kind. */
export const call: StepBehaviour = {
  open: (turn, step, path) => turn.dispatch(step, path),
};
