import { allSteps } from "../definition/child-blocks.ts";
import { atReference, type Rule } from "./rule.ts";

/**
 * `secrets.*` stands only in the input of an action (section 6). Which members of that input may hold one, the action's schema
 * says: `secretProblems` checks it where the manifest is known.
 */
export const secretPlaces: Rule = function* (workflow) {
  const { definition } = workflow;
  const actions = new Set<string>();
  for (const step of [...allSteps(definition.steps), ...allSteps(definition.graph?.nodes ?? [])])
    if (step.kind === "action") actions.add(step.id);
  for (const use of workflow.expressions) {
    const allowed = use.field === "input" && use.scope.stepId !== undefined && actions.has(use.scope.stepId);
    if (allowed) continue;
    for (const reference of use.references) {
      if (reference.root !== "secrets") continue;
      yield atReference(
        workflow,
        use,
        reference,
        "a secret may stand only in an action's input, in a member whose schema says x-secret",
      );
    }
  }
};
