import type { Plan, PlanStep } from "../plan/types.ts";
import { stepOf } from "./apply.ts";
import { type Instance, isLeaf, type RunState } from "./state.ts";
import type { ActionCall, Effect } from "./types.ts";

/** The call of an instance's current attempt. */
export function actionCall(state: RunState, step: PlanStep, instance: Instance, now: number): ActionCall {
  if (!step.action) throw new Error(`${instance.path} has no action to call`);
  const { executionId, runAttempt } = state.identity;
  return {
    path: instance.path,
    stepId: step.id,
    attempt: instance.attempt,
    action: step.action,
    input: instance.input ?? {},
    connection: instance.connection,
    idempotencyKey: `${executionId}:${runAttempt}:${instance.path}`,
    timeoutMs: step.timeoutMs,
    deadline: now + step.timeoutMs,
    target: step.definition.execution,
  };
}

/**
 * What a host that comes back from a crash has to do for a run: every attempt in flight is called again (same number, same
 * idempotency key), every retry and the deadline wait again, and open containers are asked to go on. Derived from the
 * state alone. An attempt in flight of an action that is not idempotent is the host's to settle as unknown, not to repeat.
 */
export function pendingEffects(plan: Plan, state: RunState, now: number): Effect[] {
  const effects: Effect[] = [];
  if (state.deadline !== null) effects.push({ type: "setTimer", name: "workflow", due: state.deadline });
  for (const instance of state.open.values()) {
    if (!isLeaf(instance)) continue;
    if (instance.status === "retrying" && instance.retryDue !== undefined) {
      effects.push({ type: "setTimer", name: `retry:${instance.path}`, due: instance.retryDue });
    } else if (instance.status === "running") {
      effects.push({ type: "callAction", call: actionCall(state, stepOf(plan, instance), instance, now) });
    }
  }
  effects.push({ type: "continue" });
  return effects;
}
