import { childPath } from "../../run/path.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { childFailure } from "../child-failure.ts";

/** `parallel: [steps]`: all at once; complete when every child is, failed with the first child that fails for good. */
export const parallelList: StepBehaviour = {
  open(turn, _step, path) {
    turn.emit({ type: "step.started", path, attempt: 0 });
    const instance = turn.state.open.get(path);
    if (instance) turn.ready(instance);
  },

  progress(turn, step, instance) {
    const children = step.blocks.parallel ?? [];
    while (instance.failure === undefined && instance.opened < children.length && !turn.exhausted && turn.running) {
      const child = children[instance.opened];
      if (child) turn.open(child, childPath(instance.path, child.id), false);
    }
    if (!turn.running) return;
    if (instance.failure !== undefined) {
      turn.cancelBelow(instance.path);
      turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, instance.failure) });
    } else if (instance.settled === children.length) {
      turn.emit({ type: "step.completed", path: instance.path });
    }
  },
};
