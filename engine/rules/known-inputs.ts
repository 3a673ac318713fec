import { nearestName } from "../source/nearest-name.ts";
import { atReference, type Rule } from "./rule.ts";

/** `inputs.<name>` names a declared input. A workflow that declares none at all is taken at its word. */
export const knownInputs: Rule = function* (workflow) {
  const names = Object.keys(workflow.definition.inputs);
  if (names.length === 0) return;
  for (const use of workflow.expressions) {
    for (const reference of use.references) {
      const [name] = reference.path;
      if (reference.root !== "inputs" || name === undefined || names.includes(name)) continue;
      const suggestion = nearestName(name, names);
      const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
      yield atReference(workflow, use, reference, `there is no input "${name}"${hint}`, suggestion);
    }
  }
};
