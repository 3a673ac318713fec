import type { Turn } from "./turn.ts";

/** Steps that one transition opens before it lets others go on. */
export const MAX_NODES_PER_TURN = 256;
/** Operations of expressions that it spends, and of recording what they give, before it does. */
export const MAX_OPERATIONS_PER_TURN = 200_000;
/** Steps and iterations that one execution may run (section 15); a loop itself is none of them. */
export const MAX_STEPS = 10_000;
/** What a deployment may raise that to. */
export const MOST_STEPS = 100_000;
/** Items of one loop (section 20: `details.limit: fan_out`). */
export const MAX_FAN_OUT = 10_000;
/** Events that are kept for waits that have not come yet. */
export const MAX_KEPT_SIGNALS = 1_000;

/** Fails the run when it is to open one more step than an execution may have; nothing of that step happens. */
export function passesStepLimit(turn: Turn): boolean {
  const { steps, maxSteps = MAX_STEPS, ending } = turn.state;
  if (steps < maxSteps || ending) return false;
  turn.fail({
    code: "QUOTA_EXCEEDED",
    message: `The execution has more than ${maxSteps} steps: split the work into subworkflows or smaller lists`,
    details: { limit: "steps", max: maxSteps },
  });
  return true;
}
