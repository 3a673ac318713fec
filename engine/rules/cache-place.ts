import { allSteps } from "../definition/child-blocks.ts";
import type { StepDefinition } from "../definition/types.ts";
import { makesCall } from "../steps/makes-call.ts";
import type { Rule } from "./rule.ts";

/** A cache keeps the answer of a call: on a step that makes none it would do nothing (section 3). */
export const cachePlace: Rule = function* (workflow) {
  const { definition } = workflow;
  for (const step of allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])) {
    if (step.cache === undefined || makesCall(step)) continue;
    yield workflow.problemAt(
      step.id,
      "cache",
      `cache has no meaning in step "${step.id}": ${described(step)} makes no call whose answer could be kept`,
    );
  }
};

function described(step: StepDefinition): string {
  if (step.kind === "transform") return `a transform in ${step.language}`;
  return `a step of the kind ${step.kind === "parallel_list" ? "parallel" : step.kind}`;
}
