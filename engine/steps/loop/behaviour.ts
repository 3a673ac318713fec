import { ExpressionError } from "../../expressions/expression-error.ts";
import type { RunError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { isObject } from "../../json.ts";
import type { PlanStep } from "../../plan/types.ts";
import { formerly } from "../../run/keepable.ts";
import { MAX_FAN_OUT } from "../../run/limits.ts";
import { iterationPath } from "../../run/path.ts";
import { type Instance, tallyOf } from "../../run/state.ts";
import type { Turn } from "../../run/turn.ts";
import { childFailure } from "../child-failure.ts";
import { advance } from "../sequence.ts";

/** `for_each` on a step of any kind (section 3): opens the loop with its evaluated items. */
export function openLoop(turn: Turn, step: PlanStep, path: string): void {
  const items =
    formerly(turn.state, step, path)?.items ??
    itemsOf(step.forEach?.evaluate(turn.scope(path)) ?? null, `for_each of step ${path}`);
  if (refusesFanOut(turn, path, items)) return;
  turn.emit({ type: "step.started", path, attempt: 0, items });
  const instance = turn.state.open.get(path);
  if (instance) turn.ready(instance);
}

/** A loop opens iterations up to its width, in item order, and settles when all are settled or one fails for good. */
export const loop = {
  progress(turn: Turn, step: PlanStep, instance: Instance): void {
    const { items = [] } = instance;
    const tally = tallyOf(instance, "");
    while (tally.failure === undefined && tally.opened < items.length) {
      if (tally.opened - tally.settled >= step.maxConcurrency || !turn.mayOpenIn(instance, "")) break;
      turn.open(step, iterationPath(instance.path, tally.opened), true);
    }
    if (!turn.running || !turn.isOpen(instance)) return;
    if (tally.failure !== undefined) loopFailure(turn, instance, tally.failure);
    else if (tally.settled === items.length) settleLoop(turn, step, instance, items.length);
  },
};

/** One pass through the steps of a `forEach`. */
export function progressIteration(turn: Turn, step: PlanStep, instance: Instance): void {
  const outcome = advance(turn, instance, "steps", step.blocks.steps);
  if (outcome === "done") turn.settle(instance);
  const { failure } = tallyOf(instance, "steps");
  if (outcome === "failed" && failure !== undefined) {
    turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, failure) });
  }
}

/** What runs at once ends with the first failure that nothing absorbed. */
export function loopFailure(turn: Turn, instance: Instance, failure: string): void {
  turn.cancelBelow(instance.path);
  turn.emit({ type: "step.failed", path: instance.path, error: childFailure(turn.state, failure) });
}

/** Fails the run when a loop has more items than are allowed; nothing of the loop happens. */
export function refusesFanOut(turn: Turn, path: string, { length }: readonly Json[]): boolean {
  if (length <= MAX_FAN_OUT) return false;
  turn.fail({
    code: "QUOTA_EXCEEDED",
    message: `Step ${path} loops over ${length} items; at most ${MAX_FAN_OUT} are allowed`,
    details: { limit: "fan_out", max: MAX_FAN_OUT, step: path },
  });
  return true;
}

/** What a loop goes through: a list, a map as `{key, value}`, null as nothing (section 3). */
export function itemsOf(value: Json, what: string): Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.entries(value).map(([key, member]) => ({ key, value: member }));
  throw new ExpressionError(`${what} needs a list or a map, got ${typeof value}`, { got: typeof value });
}

function settleLoop(turn: Turn, step: PlanStep, instance: Instance, count: number): void {
  const errors = step.continueOnError ? failedIterations(instance) : [];
  if (errors.length === 0) turn.settle(instance);
  else turn.emit({ type: "step.failed", path: instance.path, error: loopError(errors, count) });
}

function failedIterations({ results = [] }: Instance): { index: number; error: RunError }[] {
  return results.flatMap(({ status, error }, index) => (status === "failed" && error ? [{ index, error }] : []));
}

function loopError(failed: { index: number; error: RunError }[], count: number): RunError {
  const first = failed[0]?.error;
  return {
    code: first?.code ?? "INTERNAL_ERROR",
    message: `${failed.length} of ${count} iterations failed, the first with: ${first?.message}`,
    details: { errors: failed.map(({ index, error }) => ({ index, code: error.code, message: error.message })) },
  };
}
