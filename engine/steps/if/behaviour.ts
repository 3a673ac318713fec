import type { StepBehaviour } from "../behaviour.ts";
import { progressBranch } from "../branch.ts";

/** The condition chooses the branch, whose last child's failure is the step's. */
export const ifStep: StepBehaviour = {
  open(turn, step, path) {
    const value = step.parts.test?.test(turn.scope(path)) ?? false;
    const chosen = value ? "then" : "else";
    const definition = step.definition.kind === "if" ? step.definition : undefined;
    const branch = value || definition?.else !== undefined ? chosen : null;
    turn.openContainer(step, path, { branch, value });
  },
  progress: progressBranch,
};
