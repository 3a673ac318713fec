import { allSteps } from "../definition/child-blocks.ts";
import type { StepDefinition } from "../definition/types.ts";
import { type FindingRule, findingAtStep } from "./finding.ts";
import type { Subject } from "./subject.ts";

/** More attempts than a failure that passes could need. */
const MANY_ATTEMPTS = 20;

/** Waits that nothing ends, waits that are waited again, and steps that are tried very often. */
export const longWaits: FindingRule = function* (subject) {
  const { definition } = subject;
  for (const step of subject.steps) {
    if (
      step.kind === "wait" &&
      step.until?.event !== undefined &&
      step.until.timeout === undefined &&
      !isBounded(subject, step)
    )
      yield findingAtStep(subject, step.id, ["until"], {
        code: "wait-without-timeout",
        severity: "info",
        message: `"${step.id}" waits for an event without end: with a timeout the run would go on, with timedOut true`,
      });
    const attempts = step.retry?.maxAttempts ?? 1;
    if (attempts > MANY_ATTEMPTS && step.retry?.backoff !== "none")
      yield findingAtStep(subject, step.id, ["retry", "retry_policy", "retryPolicy", "maxAttempts"], {
        code: "many-attempts",
        severity: "info",
        message: `"${step.id}" is tried up to ${attempts} times, and each attempt is metered`,
      });
    if (step.kind !== "try" || attempts < 2) continue;
    const waits = [...allSteps(step.steps)].find(({ kind }) => kind === "wait" || kind === "approval");
    if (waits !== undefined)
      yield findingAtStep(subject, step.id, ["retry", "retry_policy", "retryPolicy"], {
        code: "retry-around-wait",
        severity: "info",
        message: `each of the ${attempts} tries of "${step.id}" goes through "${waits.id}" again: it waits, or asks, anew`,
      });
  }
  if ((definition.retry?.maxAttempts ?? 1) > MANY_ATTEMPTS && definition.retry?.backoff !== "none")
    yield {
      path: `${subject.read.pointer}/retry`,
      ...subject.read.locate(`${subject.read.pointer}/retry`),
      code: "many-attempts",
      severity: "info",
      message: `every step is tried up to ${definition.retry?.maxAttempts} times, and each attempt is metered`,
    };
};

/** Something around the wait, the workflow above all, has a time limit. */
function isBounded(subject: Subject, step: StepDefinition): boolean {
  const around = subject.places.get(step.id) ?? [];
  return (
    subject.definition.timeoutMs !== undefined ||
    subject.definition.budget?.max_seconds !== undefined ||
    around.some((frame) => frame.step.timeoutMs !== undefined)
  );
}
