import type { StepDefinition, WorkflowDefinition } from "../../../engine/definition/types.ts";
import { childBlocks } from "../../../engine/plan/child-blocks.ts";

function* walk(steps: readonly StepDefinition[]): Generator<StepDefinition> {
  for (const step of steps) {
    yield step;
    for (const children of Object.values(childBlocks(step))) yield* walk(children);
    yield* walk(step.compensate ?? []);
    yield* walk(step.onShutdown ?? []);
  }
}

/** Every step of a workflow, those inside others and the nodes of a graph included. */
export function stepsOf(definition: WorkflowDefinition): Generator<StepDefinition> {
  return walk([...definition.steps, ...(definition.graph?.nodes ?? [])]);
}
