import type { JsonObject } from "../json.ts";
import { type Choice, type Field, type FieldTable, namesIn, namesOf, type Shape } from "./field.ts";

/** JSON Schema (draft-07) of a block: what its reader accepts, as far as that can be said without reading expressions. */
export function shapeSchema(shape: Shape, alsoKnown: FieldTable = {}): JsonObject {
  const { inlined } = shape;
  const fields: FieldTable = { ...inlined?.shape.fields, ...alsoKnown, ...shape.fields };
  const rules: JsonObject[] = [
    ...Object.entries(shape.fields).flatMap(([name, field]) => required(name, field)),
    ...Object.entries(fields).flatMap(([name, field]) => oneNameAtATime(namesOf(name, field))),
    ...(shape.choices ?? []).map((choice) => choiceRule(shape, choice)),
    ...(shape.between ?? []),
  ];
  if (inlined !== undefined) {
    const names = namesOfTable(inlined.shape.fields).filter((name) => !namesOfTable(shape.fields).includes(name));
    rules.push({
      if: { anyOf: inlined.when.map(has), not: { anyOf: inlined.unless.map(has) } },
      else: { properties: Object.fromEntries(names.map((name) => [name, false])) },
    });
  }
  return {
    type: "object",
    properties: properties(fields),
    patternProperties: { "^x-": {} },
    additionalProperties: false,
    ...(rules.length === 0 ? {} : { allOf: rules }),
  };
}

/** A schema that also takes null: leaving a field empty is leaving it out. */
function orNull(schema: JsonObject): JsonObject {
  const { type, enum: words, anyOf } = schema;
  if (Array.isArray(words)) return { ...schema, enum: [...words, null] };
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: "null" }] };
  if (typeof type === "string") return { ...schema, type: [type, "null"] };
  return Array.isArray(type) ? { ...schema, type: [...type, "null"] } : schema;
}

function properties(fields: FieldTable): JsonObject {
  const known: JsonObject = {};
  for (const [name, field] of Object.entries(fields)) {
    const schema = field.nullIsAbsent && field.required === false ? orNull(field.schema) : field.schema;
    known[name] = { description: field.about, ...schema };
    for (const other of field.also)
      known[other] = { description: `Another name of \`${name}\`. ${field.about}`, ...schema };
  }
  return known;
}

function required(name: string, field: Field<unknown>): JsonObject[] {
  if (field.required === false) return [];
  const names = namesOf(name, field);
  return names.length === 1 ? [{ required: [...names] }] : [anyName(names)];
}

/** Two names of one field must not stand together. */
function oneNameAtATime(names: readonly string[]): JsonObject[] {
  return names.flatMap((name, index) => {
    const others = names.slice(index + 1);
    if (others.length === 0) return [];
    return [{ dependencies: { [name]: { properties: Object.fromEntries(others.map((other) => [other, false])) } } }];
  });
}

function choiceRule(shape: Shape, { of, exclusive }: Choice): JsonObject {
  const either = of.map((name) => anyName(namesIn(shape, name)));
  return exclusive ? { oneOf: either } : { anyOf: either };
}

function anyName(names: readonly string[]): JsonObject {
  return { anyOf: names.map(has) };
}

/** Every name that a table accepts. */
export function namesOfTable(fields: FieldTable): string[] {
  return Object.entries(fields).flatMap(([name, field]) => namesOf(name, field));
}

/** The schema of a map that has a key. */
export function has(name: string): JsonObject {
  return { required: [name] };
}
