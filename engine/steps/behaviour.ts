import type { PlanStep } from "../plan/types.ts";
import type { Instance } from "../run/state.ts";
import type { Turn } from "../run/turn.ts";

/** What a step kind does in a run. Errors of expressions may be thrown: they fail the step. */
export interface StepBehaviour {
  /** Begins the step at `path`: dispatches an attempt, opens children, or settles at once. */
  open(turn: Turn, step: PlanStep, path: string): void;
  /**
   * Containers only. Looks at the children and does what can be done now: opens more, settles, or nothing. Called after
   * every change of a child and after a restart, so it must be safe to call at any time.
   */
  progress?(turn: Turn, step: PlanStep, instance: Instance): void;
}
