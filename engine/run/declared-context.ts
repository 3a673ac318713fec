import { LazyMap } from "../expressions/types.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { RunScope } from "./scope.ts";
import type { Instance, RunState } from "./state.ts";

/**
 * What a connector declared that its calls need of the run (section 17): `inputs`, and of each step in `previous_steps` its
 * output and status. Exactly that: a step that has not ended is not there. Undefined where nothing of it was declared.
 */
export function declaredContext(
  plan: Plan,
  state: RunState,
  { path }: Pick<Instance, "path">,
  now: number,
  needs: readonly Json[] | undefined,
): JsonObject | undefined {
  if (needs === undefined) return undefined;
  const given: JsonObject = {};
  if (needs.includes("inputs")) given.inputs = state.inputs;
  const wanted = needs.flatMap((need) => (isObject(need) && Array.isArray(need.previous_steps) ? [need] : []));
  if (wanted.length > 0) {
    const steps = new RunScope(plan, state, path, now, () => undefined).root("steps");
    const ids = wanted.flatMap(({ previous_steps }) => previous_steps);
    given.previous_steps = steps instanceof LazyMap ? endedSteps(steps, ids) : {};
  }
  return Object.keys(given).length === 0 ? undefined : given;
}

const ENDED: readonly Json[] = ["success", "failed", "skipped"];

function endedSteps(steps: LazyMap, ids: readonly (Json | undefined)[]): JsonObject {
  const ended: JsonObject = {};
  for (const id of ids) {
    if (typeof id !== "string") continue;
    const step = steps.get(id);
    const seen = step instanceof LazyMap ? step.json() : null;
    if (!isObject(seen) || !ENDED.includes(seen.status ?? null)) continue;
    ended[id] = { output: seen.output ?? null, status: seen.status ?? null };
  }
  return ended;
}
