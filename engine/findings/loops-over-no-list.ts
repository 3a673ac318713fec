import type { Json } from "../json.ts";
import { constantCondition } from "./constant.ts";
import { shapeOf } from "./expression-shape.ts";
import { typesOfExpression } from "./expression-types.ts";
import { type Finding, type FindingRule, findingAtStep } from "./finding.ts";
import { canBe, ITERABLE, type Types, typeWords } from "./json-types.ts";
import { type ItemList, itemLists } from "./item-lists.ts";
import type { Subject } from "./subject.ts";

/** `for_each` and `items` take a list or a map; over anything else the step fails (section 3). */
export const loopsOverNoList: FindingRule = function* (subject) {
  for (const list of itemLists(subject.steps)) yield* check(subject, list);
};

function* check(subject: Subject, { step, items, names }: ItemList): Generator<Finding> {
  if (constantCondition(items)?.fails === true) return;
  const given = typeof items === "string" ? typesOfText(subject, items) : typesOfLiteral(items);
  if (given === undefined || canBe(given, ITERABLE)) return;
  yield findingAtStep(subject, step.id, names, {
    code: "not-a-list",
    severity: "warning",
    message: `"${step.id}" goes over a list or a map, but this gives ${typeWords(given)}`,
  });
}

function typesOfText(subject: Subject, items: string): Types | undefined {
  const shape = shapeOf(items);
  return shape.kind === "text" ? new Set(["string"]) : typesOfExpression(subject, shape.expression);
}

/** A number or a boolean that is written where a list should be. */
function typesOfLiteral(items: Json): Types | undefined {
  if (typeof items === "number") return new Set(["number"]);
  return typeof items === "boolean" ? new Set(["boolean"]) : undefined;
}
