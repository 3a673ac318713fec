import { allSteps } from "../definition/child-blocks.ts";
import type { Rule } from "./rule.ts";

/**
 * Steps in python, which a deployment without a Python sandbox refuses by name when a workflow is published (section 4). It is
 * no rule of the language: who has such a sandbox runs them.
 */
export const pythonSteps: Rule = function* (workflow) {
  const { definition } = workflow;
  for (const step of allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])) {
    if (step.kind !== "transform" || step.language !== "python") continue;
    yield workflow.problemAt(
      step.id,
      "language",
      "python is not available in this deployment: use javascript, jsonata or jq",
      "javascript",
    );
  }
};
