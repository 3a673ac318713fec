import { ExpressionError } from "../../expressions/expression-error.ts";
import type { Json } from "../../json.ts";
import { transformData } from "../../run/call-input.ts";
import type { RunScope } from "../../run/scope.ts";
import type { StepBehaviour } from "../behaviour.ts";
import { giveAtOnce } from "../give-at-once.ts";
import { queryJson } from "./query-json.ts";

/** template and jsonpath are evaluated inside the transition; the other languages are calls to a plugin Worker. */
export const transform: StepBehaviour = {
  open(turn, step, path) {
    const { definition } = step;
    if (definition.kind !== "transform") return;
    if (step.action) return turn.dispatch(step, path);
    const scope = turn.scope(path);
    if (definition.language === "template") {
      giveAtOnce(turn, path, { result: step.parts.expression?.evaluate(scope) ?? null });
      return;
    }
    const data = transformData(definition.language, step.input?.evaluate(scope), scope);
    giveAtOnce(turn, path, { result: matches(String(definition.expression), data, scope) });
  },
};

function matches(expression: string, data: Json, { worked }: RunScope): Json[] {
  const found = queryJson(expression, data, worked);
  if (!found.ok) throw new ExpressionError(`jsonpath ${expression}: ${found.message}`, { language: "jsonpath" });
  return found.values;
}
