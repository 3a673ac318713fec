import type { StepBehaviour } from "../behaviour.ts";

/** Calls one action of a connector. */
export const action: StepBehaviour = {
  open: (turn, step, path) => turn.dispatch(step, path),
};
