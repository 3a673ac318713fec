import type { FieldTable } from "../definition/field.ts";
import { STEP } from "../definition/read-step-common.ts";
import { STEP_ID } from "../definition/read-step.ts";
import { has, namesOfTable, shapeSchema } from "../definition/shape-schema.ts";
import type { StepFields } from "../definition/step-fields.ts";
import type { StepKind } from "../definition/types.ts";
import type { JsonObject } from "../json.ts";
import { ALL_STEP_FIELDS } from "../steps/all-step-fields.ts";

const KINDS: readonly StepFields<StepKind>[] = Object.values(ALL_STEP_FIELDS);

/** Fields of every step that some kind reads in its own way: each kind says what they are. */
const CONTESTED: FieldTable = Object.fromEntries(
  Object.entries(STEP.fields).filter(([name]) => KINDS.some(({ shape }) => Object.hasOwn(shape.fields, name))),
);
const EVERYWHERE: FieldTable = Object.fromEntries(
  Object.entries(STEP.fields).filter(([name]) => !Object.hasOwn(CONTESTED, name)),
);

/** The definitions that steps need: `step`, what all kinds have, and one for each kind. */
export function stepDefinitions(): Record<string, JsonObject> {
  const { additionalProperties: _, ...everyStep } = shapeSchema({ ...STEP, fields: EVERYWHERE });
  return {
    step: {
      description: "A step. Its kind is what `type` says, or what its fields tell.",
      allOf: [{ $ref: "#/definitions/every_step" }, naming(), kindByType()],
    },
    every_step: everyStep,
    ...Object.fromEntries(KINDS.map((kind) => [definitionOf(kind), kindSchema(kind)])),
  };
}

function definitionOf({ kind }: StepFields<StepKind>): string {
  return `step_${kind}`;
}

/** A kind knows the fields of every step by name; what they hold stands in `every_step`. */
function kindSchema({ about, shape }: StepFields<StepKind>): JsonObject {
  const contested = Object.fromEntries(
    Object.entries(CONTESTED).filter(([name]) => !Object.hasOwn(shape.fields, name)),
  );
  const own = shapeSchema({ ...shape, fields: { ...contested, ...shape.fields } });
  const inlined = STEP.inlined?.shape.fields ?? {};
  const known = [...namesOfTable(EVERYWHERE), ...namesOfTable(inlined)].map((name): [string, boolean] => [name, true]);
  const properties = { ...Object.fromEntries(known), ...(own.properties as JsonObject) };
  return { description: about, ...own, properties };
}

/** `id` names the step, or `name` where there is no `id`; beside an `id`, `name` is a title. */
function naming(): JsonObject {
  const id: JsonObject = {
    type: "string",
    pattern: `^\\s*(?=.{1,100}\\s*$)${STEP_ID.source.slice(1, -1)}\\s*$`,
  };
  return {
    if: has("id"),
    then: { properties: { id, name: { type: ["string", "null"] } } },
    else: { properties: { name: id }, required: ["name"] },
  };
}

/** The reader's choice of a kind, in its order: what `type` says, else a list under `parallel`, else the first telling key, else an action. */
function kindByType(): JsonObject {
  const told = KINDS.filter(({ tellingKeys }) => tellingKeys.length > 0);
  const untold = told.reduceRight<JsonObject>(
    (otherwise, kind) => ({
      if: { anyOf: kind.tellingKeys.map(has) },
      then: refTo(kind),
      else: otherwise,
    }),
    refTo(ALL_STEP_FIELDS.action),
  );
  return {
    if: has("type"),
    then: {
      properties: { type: { enum: KINDS.flatMap(({ types }) => types), description: "What kind of step this is." } },
      allOf: KINDS.map((kind) => ({ if: { properties: { type: { enum: [...kind.types] } } }, then: refTo(kind) })),
    },
    else: {
      if: { properties: { parallel: { type: "array" } }, required: ["parallel"] },
      then: refTo(ALL_STEP_FIELDS.parallel_list),
      else: untold,
    },
  };
}

function refTo(kind: StepFields<StepKind>): JsonObject {
  return { $ref: `#/definitions/${definitionOf(kind)}` };
}
