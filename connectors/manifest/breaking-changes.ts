import type { Problem } from "../../engine/source/problem.ts";
import { inputChanges } from "./input-changes.ts";
import type { ConnectorManifest } from "./manifest.ts";
import { outputChanges } from "./output-changes.ts";
import { setupChanges } from "./setup-changes.ts";

/**
 * What would break who uses `previous` and gets `next` in its place (language document, section 10, and decision 0019): an action
 * that is gone; an input that takes less; an output that gives less; a connection or a setting that has to be made anew. Wider
 * inputs, further outputs and other words are no change here. `path` points into the manifest of `next`:
 * `/actions/0/input/properties/city`.
 */
export function breakingChanges(previous: ConnectorManifest, next: ConnectorManifest): Problem[] {
  const problems: Problem[] = [];
  for (const { name, input, output } of previous.actions) {
    const at = next.actions.findIndex((action) => action.name === name);
    const action = next.actions[at];
    if (action === undefined) {
      problems.push({ path: "/actions", message: `the action "${name}" is gone` });
      continue;
    }
    problems.push(
      ...inputChanges(input ?? {}, action.input ?? {}, `/actions/${at}/input`),
      ...outputChanges(output ?? {}, action.output ?? {}, `/actions/${at}/output`),
    );
  }
  return [...problems, ...setupChanges(previous, next)];
}
