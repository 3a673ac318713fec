import type { StepDefinition, SubworkflowStep } from "../definition/types.ts";
import type { JsonObject } from "../json.ts";
import { shapeOf } from "./expression-shape.ts";
import { typesOfExpression } from "./expression-types.ts";
import { type FindingRule, findingAt } from "./finding.ts";
import { inputMembers, type TemplateCheck } from "./input-members.ts";
import { canBe, typesOfSchema, typeWords } from "./json-types.ts";
import { calledWorkflow } from "./step-output-schema.ts";
import type { Subject } from "./subject.ts";

/** Step inputs that the action's schema (or the called workflow's inputs) refuses in every run, and templates of another type than it wants. */
export const inputsThatDoNotFit: FindingRule = function* (subject) {
  for (const step of subject.steps) {
    const schema = wantedInput(subject, step);
    if (schema === undefined) continue;
    const pointer = subject.pointerOf(step.id, ["input", "with", "inputs"]);
    for (const { at, remark } of inputMembers(schema, step.input ?? {}, templateCheck(subject)))
      yield findingAt(subject, pointer + at, remark);
  }
};

function wantedInput(subject: Subject, step: StepDefinition): JsonObject | undefined {
  return step.kind === "subworkflow" ? declaredInputs(subject, step) : subject.pinOf(step)?.input;
}

/** The inputs of a called workflow as one schema: those that are optional and have no default may be null. */
function declaredInputs(subject: Subject, step: SubworkflowStep): JsonObject | undefined {
  const called = calledWorkflow(subject.source, step);
  if (called === undefined) return undefined;
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const [name, { schema, required: needed, default: fallback }] of Object.entries(called.definition.inputs)) {
    if (needed === true && fallback === undefined) required.push(name);
    const optional = needed !== true && fallback === undefined && typeof schema.type === "string";
    properties[name] = optional ? { ...schema, type: [schema.type ?? "null", "null"] } : schema;
  }
  return { type: "object", properties, required, additionalProperties: false };
}

const templateCheck = (subject: Subject): TemplateCheck =>
  function* (text, schema, at) {
    const wanted = typesOfSchema(schema);
    if (wanted === undefined || schema["x-secret"] === true) return;
    const shape = shapeOf(text);
    if (shape.kind === "text") {
      if (wanted.has("string")) return;
      const inner = /^\s*(\{\{[^{}]*\}\})\s*$/.exec(text)?.[1];
      yield {
        at,
        remark: {
          code: "input-type",
          severity: "warning",
          message: `this gives text, but ${typeWords(wanted)} is wanted: only a text that is exactly one {{ … }} keeps its type`,
          suggestion: inner,
        },
      };
      return;
    }
    const given = typesOfExpression(subject, shape.expression);
    if (given === undefined || canBe(given, wanted)) return;
    const message = `this gives ${typeWords(given)}, but ${typeWords(wanted)} is wanted`;
    yield { at, remark: { code: "input-type", severity: "warning", message } };
  };
