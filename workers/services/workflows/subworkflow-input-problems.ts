import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { SubworkflowStep, WorkflowDefinition } from "../../../engine/definition/types.ts";
import { isObject } from "../../../engine/json.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { pointerTo } from "../../../engine/source/tree.ts";

/**
 * What a step's input, as far as it is written out, does not fit of the inputs of the workflow that it calls. An input that is
 * one template is only known when it runs.
 */
export function subworkflowInputProblems(
  read: ReadWorkflow,
  step: SubworkflowStep,
  { name: called, inputs }: Pick<WorkflowDefinition, "name" | "inputs">,
): Problem[] {
  const given = step.input ?? {};
  if (!isObject(given)) return [];
  const problems: Problem[] = [];
  const names = Object.keys(inputs);
  for (const member of Object.keys(given)) {
    if (Object.hasOwn(inputs, member)) continue;
    const suggestion = nearestName(member, names);
    const message = `The workflow "${called}" has no input "${member}".`;
    problems.push(read.problemAt(step.id, `input${pointerTo("", member)}`, message, suggestion));
  }
  for (const [input, declaration] of Object.entries(inputs)) {
    if (declaration.required !== true || declaration.default !== undefined || Object.hasOwn(given, input)) continue;
    const field = step.input === undefined ? "workflow" : "input";
    problems.push(read.problemAt(step.id, field, `The workflow "${called}" requires the input "${input}".`));
  }
  return problems;
}
