import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import type { Scope } from "../../../engine/expressions/types.ts";
import type { JsonObject } from "../../../engine/json.ts";

/** What the default of an input may read: nothing of the run, for there is none yet. */
export function inputScope(definition: WorkflowDefinition, env: JsonObject, executionId: string, now: number): Scope {
  return {
    now,
    seed: `${executionId}:inputs`,
    strict: definition.strict ?? false,
    root(name) {
      if (name === "env") return env;
      if (name === "workflow") return { name: definition.name, version: definition.version };
      return name === "today" ? new Date(now).toISOString().slice(0, 10) : undefined;
    },
  };
}
