import { isObject, type Json } from "../json.ts";

/** Whether what an action's `context` declares is a run's own: its inputs, results of its steps. Env values are the tenant's. */
export function isToldOfRun(context: readonly Json[] | undefined): boolean {
  return (context ?? []).some(
    (need) =>
      need === "inputs" || (isObject(need) && Array.isArray(need.previous_steps) && need.previous_steps.length > 0),
  );
}
