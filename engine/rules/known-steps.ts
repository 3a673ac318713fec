import { nearestName } from "../source/nearest-name.ts";
import { allSteps } from "../definition/child-blocks.ts";
import { atReference, type Rule } from "./rule.ts";

/** `steps.<id>` names a step of the workflow. */
export const knownSteps: Rule = function* (workflow) {
  const { definition } = workflow;
  const ids = [...allSteps(definition.steps), ...allSteps(definition.graph?.nodes ?? [])].map((step) => step.id);
  const known = new Set(ids);
  for (const use of workflow.expressions) {
    for (const reference of use.references) {
      const [id] = reference.path;
      if (reference.root !== "steps" || id === undefined || known.has(id) || workflow.pointerOf(id) !== undefined)
        continue;
      const suggestion = nearestName(id, known);
      const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
      yield atReference(workflow, use, reference, `there is no step "${id}"${hint}`, suggestion);
    }
  }
};
