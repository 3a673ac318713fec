import { compileValue, ExpressionError } from "../expressions/index.ts";
import type { Compiled, Scope } from "../expressions/types.ts";
import { isObject, type Json, type JsonObject, member } from "../json.ts";

/** What a trigger's own templates look at. */
export interface TriggerScope {
  /** The `trigger` root. */
  trigger: JsonObject;
  now: number;
  /** The same for the same firing, so that `uuid()` gives the same again. */
  seed: string;
  env?: JsonObject;
  workflow?: { name: string; version: string };
}

/** Inputs by a trigger's templates; or why they have no value. */
export type RenderedInputs = { ok: true; inputs: JsonObject } | { ok: false; message: string };

/**
 * The inputs of an execution that a trigger starts. Without `inputs` in the trigger, what came (a webhook's payload, an event)
 * gives its members that are declared as inputs; a schedule gives none.
 */
export function triggerInputs(
  template: Json | undefined,
  declared: readonly string[],
  scope: TriggerScope,
): RenderedInputs {
  if (template === undefined || template === null) return { ok: true, inputs: membersOf(scope.trigger, declared) };
  try {
    const inputs = compiled(template).evaluate(scopeOf(scope));
    return isObject(inputs) ? { ok: true, inputs } : { ok: false, message: "inputs of a trigger must be a map" };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, message: `the inputs of the trigger cannot be evaluated: ${error.message}` };
  }
}

/** The key by which a trigger counts, batches or delays: a template that sees `trigger`; empty where it has no value.. */
export function triggerKey(template: Json | undefined, scope: TriggerScope): string {
  if (template === undefined) return "";
  try {
    const key = compiled(template).evaluate(scopeOf(scope));
    return (typeof key === "string" ? key : key === null ? "" : JSON.stringify(key)).slice(0, LONGEST_KEY);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return "";
  }
}

const LONGEST_KEY = 500;

function membersOf(trigger: JsonObject, declared: readonly string[]): JsonObject {
  const came = trigger.type === "webhook" ? trigger.payload : trigger.event;
  if (!isObject(came)) return {};
  const inputs: JsonObject = {};
  for (const name of declared) {
    const value = member(came, name);
    if (value !== undefined) inputs[name] = value;
  }
  return inputs;
}

function compiled(template: Json): Compiled {
  const result = compileValue(template);
  if (!result.ok) throw new Error("a template of a validated trigger does not compile");
  return result.compiled;
}

function scopeOf({ trigger, now, seed, env, workflow }: TriggerScope): Scope {
  return {
    now,
    seed,
    strict: false,
    root(name) {
      switch (name) {
        case "trigger":
          return trigger;
        case "env":
          return env;
        case "workflow":
          return workflow;
        case "today":
          return new Date(now).toISOString().slice(0, 10);
        default:
          return undefined;
      }
    },
  };
}
