import { allSteps } from "../definition/child-blocks.ts";
import type { StepDefinition } from "../definition/types.ts";
import type { Rule } from "./rule.ts";

const NODE_FIELDS: readonly (readonly [keyof StepDefinition, string])[] = [
  ["set", "set"],
  ["keep", "keep"],
  ["mailbox", "mailbox"],
  ["onShutdown", "on_shutdown"],
  ["everyMs", "every"],
];

/** `set, keep, mailbox, on_shutdown, every` are fields of graph nodes; on another step they would do nothing. */
export const nodeFields: Rule = function* (workflow) {
  const nodes = new Set<StepDefinition>(workflow.definition.graph?.nodes);
  for (const step of [...allSteps(workflow.definition.steps), ...allSteps(nodes)]) {
    if (nodes.has(step)) continue;
    for (const [field, written] of NODE_FIELDS) {
      if (step[field] !== undefined)
        yield workflow.problemAt(step.id, written, `${written} is a field of graph nodes: step "${step.id}" is none`);
    }
  }
};
