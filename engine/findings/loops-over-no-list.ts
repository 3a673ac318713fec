import type { StepDefinition } from "../definition/types.ts";
import { constantCondition } from "./constant.ts";
import type { Json } from "../json.ts";
import { shapeOf } from "./expression-shape.ts";
import { typesOfExpression } from "./expression-types.ts";
import { type Finding, type FindingRule, findingAtStep } from "./finding.ts";
import { canBe, ITERABLE, type Types, typeWords } from "./json-types.ts";
import type { Subject } from "./subject.ts";

/** `for_each` and `items` take a list or a map; over anything else the step fails (section 3). */
export const loopsOverNoList: FindingRule = function* (subject) {
  for (const step of subject.steps) {
    if (step.forEach !== undefined) yield* check(subject, step, step.forEach, ["for_each", "forEach"]);
    if (step.kind === "forEach") yield* check(subject, step, step.items, ["items"]);
  }
};

function* check(subject: Subject, step: StepDefinition, items: Json, names: readonly string[]): Generator<Finding> {
  if (typeof items !== "string" || constantCondition(items)?.fails === true) return;
  const shape = shapeOf(items);
  const given: Types | undefined =
    shape.kind === "text" ? new Set(["string"]) : typesOfExpression(subject, shape.expression);
  if (given === undefined || canBe(given, ITERABLE)) return;
  yield findingAtStep(subject, step.id, names, {
    code: "not-a-list",
    severity: "warning",
    message: `"${step.id}" goes over a list or a map, but this gives ${typeWords(given)}`,
  });
}
