import type { StepDefinition } from "../definition/types.ts";

/** Languages of a transform that a sandbox runs; `template` and `jsonpath` the engine evaluates itself. */
export const SANDBOXED: ReadonlySet<string> = new Set(["jq", "jsonata", "javascript", "python"]);

/** A step that asks something outside of the engine: its attempts are metered, and its answer may be cached. */
export function makesCall(step: StepDefinition): boolean {
  switch (step.kind) {
    case "action":
    case "subworkflow":
    case "agent":
      return true;
    case "transform":
      return SANDBOXED.has(step.language);
    default:
      return false;
  }
}
