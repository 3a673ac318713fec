import type { Turn } from "./turn.ts";

/** Steps that one transition opens before it lets others go on. */
export const MAX_NODES_PER_TURN = 256;
/** Steps and iterations that one execution may run (section 15); a loop itself is none of them. */
export const MAX_STEPS = 10_000;
/** Items of one loop (section 20: `details.limit: fan_out`). */
export const MAX_FAN_OUT = 10_000;

/** Fails the run when it has opened more steps than an execution may. */
export function checkLimits(turn: Turn): void {
  if (turn.state.steps <= MAX_STEPS || !turn.running) return;
  turn.fail({
    code: "QUOTA_EXCEEDED",
    message: `The execution has more than ${MAX_STEPS} steps: split the work into subworkflows or smaller lists`,
    details: { limit: "steps", max: MAX_STEPS },
  });
}
