import type { Json } from "../../json.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { formerly } from "../../run/keepable.ts";
import { progressBranch } from "../branch.ts";

/** The value, as text, names the case. */
export const switchStep: StepBehaviour = {
  open(turn, step, path) {
    if (step.definition.kind !== "switch") return;
    const decided = formerly(turn.state, step, path);
    if (decided?.branch !== undefined && (decided.branch === null || step.blocks[decided.branch]))
      return turn.openContainer(step, path, { branch: decided.branch, value: decided.value ?? null });
    const value = step.parts.value?.evaluate(turn.scope(path)) ?? null;
    const { cases, default: fallback } = step.definition;
    const name = asText(value);
    const chosen = Object.hasOwn(cases, name) ? `cases/${name}` : fallback === undefined ? null : "default";
    turn.openContainer(step, path, { branch: chosen, value });
  },
  progress: progressBranch,
};

/** How a value reads in text (section 6). */
function asText(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
