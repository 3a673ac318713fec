import { ExpressionError } from "../../expressions/expression-error.ts";
import type { RunError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { isObject } from "../../json.ts";
import type { PlanStep } from "../../plan/types.ts";
import { MAX_FAN_OUT } from "../../run/limits.ts";
import { iterationPath } from "../../run/path.ts";
import type { Instance } from "../../run/state.ts";
import type { Turn } from "../../run/turn.ts";
import { childFailure } from "../child-failure.ts";

/** `for_each` on a step of any kind (section 3): opens the loop with its evaluated items. */
export function openLoop(turn: Turn, step: PlanStep, path: string): void {
  const items = itemsOf(step.forEach?.evaluate(turn.scope(path)) ?? null, path);
  if (items.length > MAX_FAN_OUT) {
    turn.fail({
      code: "QUOTA_EXCEEDED",
      message: `for_each of step ${path} has ${items.length} items; at most ${MAX_FAN_OUT} are allowed`,
      details: { limit: "fan_out", max: MAX_FAN_OUT, step: path },
    });
    return;
  }
  turn.emit({ type: "step.started", path, attempt: 0, items });
  const instance = turn.state.open.get(path);
  if (instance) turn.ready(instance);
}

/** A loop opens iterations up to its width, in item order, and settles when all are settled or one fails for good. */
export const loop = {
  progress(turn: Turn, step: PlanStep, instance: Instance): void {
    const items = instance.items ?? [];
    while (instance.failure === undefined && instance.opened < items.length && turn.running) {
      if (instance.opened - instance.settled >= step.maxConcurrency || turn.exhausted) break;
      turn.open(step, iterationPath(instance.path, instance.opened), true);
    }
    if (!turn.running) return;
    if (instance.failure !== undefined) {
      turn.cancelBelow(instance.path);
      turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, instance.failure) });
    } else if (instance.settled === items.length) {
      settleLoop(turn, step, instance, items.length);
    }
  },
};

function settleLoop(turn: Turn, step: PlanStep, instance: Instance, count: number): void {
  const errors = step.continueOnError ? failedIterations(turn, instance, count) : [];
  if (errors.length === 0) turn.emit({ type: "step.completed", path: instance.path });
  else turn.emit({ type: "step.failed", path: instance.path, error: loopError(errors, count) });
}

function failedIterations(turn: Turn, instance: Instance, count: number): { index: number; error: RunError }[] {
  const failed: { index: number; error: RunError }[] = [];
  for (let index = 0; index < count; index++) {
    const iteration = turn.state.instances.get(iterationPath(instance.path, index));
    if (iteration?.status === "failed" && iteration.error) failed.push({ index, error: iteration.error });
  }
  return failed;
}

function loopError(failed: { index: number; error: RunError }[], count: number): RunError {
  const first = failed[0]?.error;
  return {
    code: first?.code ?? "INTERNAL_ERROR",
    message: `${failed.length} of ${count} iterations failed, the first with: ${first?.message}`,
    details: { errors: failed.map(({ index, error }) => ({ index, code: error.code, message: error.message })) },
  };
}

function itemsOf(value: Json, path: string): Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.entries(value).map(([key, member]) => ({ key, value: member }));
  throw new ExpressionError(`for_each of step ${path} needs a list or a map, got ${typeof value}`, { step: path });
}
