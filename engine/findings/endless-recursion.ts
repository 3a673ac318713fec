import { childBlocks } from "../definition/child-blocks.ts";
import { slugOf } from "../definition/slug.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import { constantTruth } from "./constant.ts";
import { type FindingRule, findingAtStep } from "./finding.ts";
import { isLoop } from "./step-places.ts";

/** A workflow that calls itself in every run: it goes on until the depth of subworkflows is used up (section 20). */
export const endlessRecursion: FindingRule = function* (subject) {
  const { definition } = subject;
  for (const step of certainSteps(definition.steps)) {
    if (step.kind !== "subworkflow" || !isItself(step, definition)) continue;
    yield findingAtStep(subject, step.id, ["workflow"], {
      code: "endless-recursion",
      severity: "warning",
      message: `step "${step.id}" calls the workflow that it belongs to, in every run: a condition has to end this`,
    });
  }
};

function isItself(step: { workflow: string; version?: string }, { slug, version }: WorkflowDefinition): boolean {
  return slugOf(step.workflow) === slug && (step.version === undefined || step.version === version);
}

/** Steps that every run comes to, unless something fails before. */
function* certainSteps(steps: readonly StepDefinition[]): Generator<StepDefinition> {
  for (const step of steps) {
    if (step.condition !== undefined && constantTruth(step.condition) !== true) continue;
    if (isLoop(step)) continue;
    yield step;
    for (const { name, steps: inner, apart } of childBlocks(step)) {
      const always =
        !apart && (name === "parallel" || name.startsWith("branches/") || name === "finally" || name === "steps");
      if (always) yield* certainSteps(inner);
    }
  }
}
