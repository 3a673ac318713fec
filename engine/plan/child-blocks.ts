import type { StepDefinition } from "../definition/types.ts";

/** The steps that a step encloses, by the name of their block. Branch names of `parallel` and cases carry a prefix. */
export function childBlocks(step: StepDefinition): Record<string, StepDefinition[]> {
  switch (step.kind) {
    case "parallel_list":
    case "forEach":
      return { steps: step.steps };
    case "if":
      return { then: step.then, ...(step.else ? { else: step.else } : {}) };
    case "switch":
      return { ...prefixed("case", step.cases), ...(step.default ? { default: step.default } : {}) };
    case "parallel":
      return prefixed("branch", step.branches);
    case "try":
      return {
        steps: step.steps,
        ...(step.catch ? { catch: step.catch } : {}),
        ...(step.finally ? { finally: step.finally } : {}),
      };
    case "action":
    case "subworkflow":
    case "wait":
    case "transform":
    case "agent":
    case "handoff":
    case "approval":
    case "output":
      return {};
    default:
      return step satisfies never;
  }
}

function prefixed(prefix: string, blocks: Record<string, StepDefinition[]>): Record<string, StepDefinition[]> {
  return Object.fromEntries(Object.entries(blocks).map(([name, steps]) => [`${prefix}:${name}`, steps]));
}
