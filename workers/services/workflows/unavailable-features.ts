import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { StepDefinition } from "../../../engine/definition/types.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { stepsOf } from "./steps-of.ts";

/*
 * What the language has and this deployment does not do. To run a workflow as if such a member were not there would give
 * it another meaning, so it is valid (a finding) and refused when it is published or started.
 */

/** Guardrails that bind every step; the others are about what an agent does. */
const GENERAL_GUARDRAILS: ReadonlySet<string> = new Set(["outputSchema", "timeLimit", "maxCost", "maxTokens"]);

/** Fields of a step with what is to be said of them. */
function stepProblems(step: StepDefinition): [field: string, message: string][] {
  const found: [string, string][] = [];
  if (step.kind === "transform" && step.language === "python")
    found.push(["language", "python is not available in this deployment: use javascript, jsonata or jq."]);
  if (step.kind === "agent" || step.kind === "handoff") return found;
  for (const name of Object.keys(step.guardrails ?? {})) {
    if (!GENERAL_GUARDRAILS.has(name)) found.push([`guardrails/${name}`, `guardrails.${name} belongs to agent steps.`]);
  }
  return found;
}

/** Every use of such a feature in a workflow, located. */
export function unavailableFeatures(read: ReadWorkflow): Problem[] {
  const problems: Problem[] = [];
  for (const step of stepsOf(read.definition)) {
    for (const [field, message] of stepProblems(step)) problems.push(read.problemAt(step.id, field, message));
  }
  return problems;
}
