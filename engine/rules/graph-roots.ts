import { atReference, type Rule } from "./rule.ts";

/** `state` and `graph` belong to graph workflows (section 5). */
export const graphRoots: Rule = function* (workflow) {
  if (workflow.definition.graph !== undefined) return;
  for (const use of workflow.expressions) {
    for (const reference of use.references) {
      if (reference.root !== "state" && reference.root !== "graph") continue;
      yield atReference(workflow, use, reference, `${reference.root} has no meaning here: this workflow has no nodes`);
    }
  }
};
