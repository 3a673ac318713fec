import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import type { Scope } from "../../../engine/expressions/types.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";

/** What is there before a run. */
interface BeforeRun {
  env: JsonObject;
  executionId: string;
  now: number;
  /** Once they have been checked: the concurrency key reads them, defaults of inputs do not. */
  inputs?: JsonObject;
  trigger?: Json;
}

/** What the default of an input, and the concurrency key, may read: nothing of the run, for there is none yet. */
export function inputScope(
  definition: WorkflowDefinition,
  { env, executionId, now, inputs, trigger }: BeforeRun,
): Scope {
  return {
    now,
    seed: `${executionId}:${inputs === undefined ? "inputs" : "concurrency"}`,
    strict: definition.strict ?? false,
    root(name) {
      switch (name) {
        case "env":
          return env;
        case "inputs":
        case "input":
          return inputs;
        case "trigger":
          return trigger;
        case "workflow":
          return { name: definition.name, version: definition.version };
        case "execution":
          return inputs && { id: executionId, started_at: null };
        case "today":
          return new Date(now).toISOString().slice(0, 10);
        default:
          return undefined;
      }
    },
  };
}
