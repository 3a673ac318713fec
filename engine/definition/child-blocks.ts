import type { StepDefinition } from "./types.ts";

/** A list of steps inside a step. */
export interface ChildBlock {
  /** How the block is called in the file: "then", "cases/high", "parallel". */
  name: string;
  steps: readonly StepDefinition[];
  /** One after the other; false: all at once. */
  sequential: boolean;
  /** `compensate` and `on_shutdown` run outside the order of the steps. */
  apart: boolean;
}

/** Every block of steps inside a step, in the order in which they could run. */
export function childBlocks(step: StepDefinition): ChildBlock[] {
  const blocks = ownBlocks(step).filter(({ steps }) => steps !== undefined && steps.length > 0);
  const apart = [
    { name: "compensate", steps: step.compensate },
    { name: "on_shutdown", steps: step.onShutdown },
  ];
  return [
    ...blocks.map(({ name, steps = [] }) => ({ name, steps, sequential: step.kind !== "parallel_list", apart: false })),
    ...apart
      .map(({ name, steps = [] }) => ({ name, steps, sequential: true, apart: true }))
      .filter(({ steps }) => steps.length > 0),
  ];
}

function ownBlocks(step: StepDefinition): { name: string; steps: readonly StepDefinition[] | undefined }[] {
  switch (step.kind) {
    case "parallel_list":
      return [{ name: "parallel", steps: step.steps }];
    case "if":
      return [
        { name: "then", steps: step.then },
        { name: "else", steps: step.else },
      ];
    case "switch":
      return [...named("cases", step.cases), { name: "default", steps: step.default }];
    case "forEach":
      return [{ name: "steps", steps: step.steps }];
    case "parallel":
      return named("branches", step.branches);
    case "try":
      return [
        { name: "steps", steps: step.steps },
        { name: "catch", steps: step.catch },
        { name: "finally", steps: step.finally },
      ];
    case "action":
    case "subworkflow":
    case "wait":
    case "transform":
    case "agent":
    case "handoff":
    case "approval":
    case "output":
      return [];
    default:
      return step satisfies never;
  }
}

function named(
  prefix: string,
  lists: Record<string, StepDefinition[]>,
): { name: string; steps: readonly StepDefinition[] }[] {
  return Object.entries(lists).map(([name, steps]) => ({ name: `${prefix}/${name}`, steps }));
}

/** Every step of a workflow, nested ones and graph nodes included, outer before inner. */
export function* allSteps(steps: Iterable<StepDefinition>): Generator<StepDefinition> {
  for (const step of steps) {
    yield step;
    for (const block of childBlocks(step)) yield* allSteps(block.steps);
  }
}
