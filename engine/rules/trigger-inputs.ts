import { isObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import { pointerTo } from "../source/tree.ts";
import { atPointer, type Rule } from "./rule.ts";

/** The inputs that a trigger gives are inputs of the workflow. */
export const triggerInputs: Rule = function* (workflow) {
  const { definition, pointer } = workflow;
  const names = Object.keys(definition.inputs);
  for (const [index, trigger] of (definition.triggers ?? []).entries()) {
    const at = pointerTo(pointerTo(pointer, "triggers"), index);
    for (const name of Object.keys(isObject(trigger.inputs) ? trigger.inputs : {})) {
      if (names.includes(name)) continue;
      const suggestion = nearestName(name, names);
      const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
      yield atPointer(workflow, pointerTo(`${at}/inputs`, name), `there is no input "${name}"${hint}`, suggestion);
    }
  }
};
