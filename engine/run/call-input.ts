import type { Json, JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { LazyMap } from "../expressions/types.ts";
import type { PlanStep } from "../plan/types.ts";
import type { RunScope } from "./scope.ts";

/** What a step sends with its call, by its kind. May throw an ExpressionError. */
export function callInput(step: PlanStep, scope: RunScope): Json {
  const { definition } = step;
  const input = step.input?.evaluate(scope);
  if (input === null && step.kind !== "agent" && step.kind !== "handoff" && step.kind !== "transform") return null;
  switch (definition.kind) {
    case "transform":
      return { expression: definition.expression, data: transformData(definition.language, input, scope) };
    case "agent":
      return { agent: definition.agent, input: input ?? {}, budgets: definition.budgets ?? {} };
    case "handoff":
      return {
        agent: chosenAgent(step, scope),
        reason: step.parts.reason?.evaluate(scope) ?? null,
        context: step.parts.context?.evaluate(scope) ?? null,
        input: input ?? {},
      };
    default:
      return input ?? {};
  }
}

/** What jq and jsonata read is the step's input, else the run's data; javascript sees all of it as `context` (section 20). */
export function transformData(language: string, input: Json | undefined, scope: RunScope): Json {
  if (language !== "javascript" && input !== undefined) return input;
  const names =
    language === "javascript" ? ["inputs", "steps", "env", "item", "index"] : ["inputs", "steps", "env", "trigger"];
  const data: JsonObject = language === "javascript" ? { input: input ?? null } : {};
  for (const name of names) {
    const value = scope.root(name);
    data[name] = value instanceof LazyMap ? value.json() : (value ?? null);
  }
  return data;
}

function chosenAgent({ definition, parts }: PlanStep, scope: RunScope): Json {
  if (definition.kind !== "handoff") return null;
  for (const [index, choice] of (definition.selectAgent ?? []).entries()) {
    if (!isObject(choice)) continue;
    if ("default" in choice) return choice.default ?? null;
    if (parts[`choice/${index}`]?.test(scope)) return choice.agent ?? null;
  }
  return parts.agent?.evaluate(scope) ?? null;
}
