import { allSteps } from "../../../engine/definition/child-blocks.ts";
import type { StepDefinition, WorkflowDefinition } from "../../../engine/definition/types.ts";

/** Every step of a workflow, those inside others and the nodes of a graph included. */
export function stepsOf(definition: WorkflowDefinition): Generator<StepDefinition> {
  return allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])]);
}
