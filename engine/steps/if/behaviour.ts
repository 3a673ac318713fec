import type { StepBehaviour } from "../behaviour.ts";
import { formerly } from "../../run/keepable.ts";
import { progressBranch } from "../branch.ts";

/** The condition chooses the branch, whose last child's failure is the step's. */
export const ifStep: StepBehaviour = {
  open(turn, step, path) {
    const decided = formerly(turn.state, step, path);
    if (decided?.branch !== undefined)
      return turn.openContainer(step, path, { branch: decided.branch, value: decided.value ?? null });
    const value = step.parts.test?.test(turn.scope(path)) ?? false;
    const chosen = value ? "then" : "else";
    const definition = step.definition.kind === "if" ? step.definition : undefined;
    const branch = value || definition?.else !== undefined ? chosen : null;
    turn.openContainer(step, path, { branch, value });
  },
  progress: progressBranch,
};
