import type { RunError } from "../../errors.ts";
import type { PlanStep } from "../../plan/types.ts";
import { decideRetry, fractionOf } from "../../run/retry.ts";
import { type Instance, tallyOf } from "../../run/state.ts";
import type { Turn } from "../../run/turn.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { childFailure } from "../child-failure.ts";
import { advance } from "../sequence.ts";

/** `steps`, tried again as the step's `retry` says; then `catch`; then, whatever happened, `finally`. */
export const tryStep: StepBehaviour = {
  open: (turn, step, path) => turn.openContainer(step, path, { branch: "steps" }),

  progress(turn, step, instance) {
    if (instance.status === "retrying") return again(turn, instance);
    const block = instance.branch ?? "steps";
    const outcome = advance(turn, instance, block, step.blocks[block]);
    if (outcome === "open") return;
    const { failure } = tallyOf(instance, block);
    const error = outcome === "failed" && failure !== undefined ? childFailure(turn.state, failure) : undefined;
    if (block === "finally") leave(turn, instance, error ?? instance.pending);
    else if (block === "steps" && error) afterFailure(turn, step, instance, error);
    else goOn(turn, step, instance, error);
  },
};

/** The block has failed: once more, or to `catch`. */
function afterFailure(turn: Turn, step: PlanStep, instance: Instance, error: RunError): void {
  const { path, pass = 1 } = instance;
  if (step.definition.retry !== undefined) {
    const fraction = fractionOf(`${turn.state.identity.executionId}:${path}:${pass}`);
    const decision = decideRetry(step.retry, { ok: false, error }, pass, true, fraction);
    if (decision.retry) {
      const due = turn.now + decision.delayMs;
      turn.emit({ type: "step.retrying", path, attempt: pass, error, due });
      turn.setTimer(`retry:${path}`, due);
      return;
    }
  }
  if (!step.blocks.catch) return goOn(turn, step, instance, error);
  turn.emit({ type: "block.entered", path, block: "catch", pass, error });
  turn.ready(instance);
}

function again(turn: Turn, instance: Instance): void {
  const { path, pass = 1, retryDue } = instance;
  if (retryDue === undefined || turn.now < retryDue) return;
  turn.emit({ type: "block.entered", path, block: "steps", pass: pass + 1 });
  turn.ready(instance);
}

function goOn(turn: Turn, step: PlanStep, instance: Instance, error: RunError | undefined): void {
  const { path, pass = 1 } = instance;
  if (!step.blocks.finally) return leave(turn, instance, error);
  turn.emit({ type: "block.entered", path, block: "finally", pass, ...(error ? { error } : {}) });
  turn.ready(instance);
}

function leave(turn: Turn, instance: Instance, error: RunError | undefined): void {
  if (error) turn.emit({ type: "step.failed", path: instance.path, error });
  else turn.settle(instance);
}
