import { holdsTemplate } from "../definition/read-inputs.ts";
import { isObject, type Json, type JsonObject, member } from "../json.ts";
import { applyDefaults, compileSchema } from "../schema/validate.ts";
import { nearestName } from "../source/nearest-name.ts";
import { pointerTo } from "../source/tree.ts";
import type { Remark } from "./finding.ts";
import { isGeneral, typeOfValue, typesOfSchema } from "./json-types.ts";
import { memberSchemas } from "./step-output-schema.ts";

/** A remark about a place inside of a value. */
export interface PlacedRemark {
  /** JSON pointer inside the value. */
  at: string;
  remark: Remark;
}

/** Looks at one text with a template, which stands where `schema` is wanted. */
export type TemplateCheck = (text: string, schema: JsonObject, at: string) => Iterable<PlacedRemark>;

/**
 * Where a tree of templates cannot fit its schema, whatever the templates give. Parts without templates are validated as they
 * are; a part of the schema that uses `anyOf`, `$ref` and the like is only applied to such parts.
 */
export function* inputMembers(
  schema: Json | undefined,
  value: Json,
  check: TemplateCheck,
  at = "",
): Generator<PlacedRemark> {
  if (!isObject(schema)) return;
  if (!holdsTemplate(value)) yield* literal(schema, value, at);
  else if (isGeneral(schema)) return;
  else if (typeof value === "string") yield* check(value, schema, at);
  else {
    yield* container(schema, value, at);
    for (const [key, inner, part] of parts(schema, value)) yield* inputMembers(part, inner, check, pointerTo(at, key));
  }
}

function* literal(schema: JsonObject, value: Json, at: string): Generator<PlacedRemark> {
  for (const { path, message, suggestion } of compileSchema(schema).validate(applyDefaults(schema, value))) {
    const severity = "warning";
    yield {
      at: at + path,
      remark: { code: "input-does-not-fit", severity, message: `the action's schema: ${message}`, suggestion },
    };
  }
}

/** The type of a list or map that has templates inside, and the names of its members. */
function* container(schema: JsonObject, value: Json, at: string): Generator<PlacedRemark> {
  const types = typesOfSchema(schema);
  const type = typeOfValue(value);
  const wrong = (place: string, message: string, suggestion?: string): PlacedRemark => ({
    at: place,
    remark: { code: "input-does-not-fit", severity: "warning", message: `the action's schema: ${message}`, suggestion },
  });
  if (types !== undefined && !types.has(type)) {
    yield wrong(at, `must be ${[...types].join(" or ")}, got ${type}`);
    return;
  }
  if (!isObject(value)) return;
  const known = memberSchemas(schema);
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name !== "string" || Object.hasOwn(value, name)) continue;
    const declared = member(known, name);
    if (isObject(declared) && declared.default !== undefined) continue;
    yield wrong(pointerTo(at, name), `${name} is required`);
  }
  if (schema.additionalProperties !== false) return;
  for (const name of Object.keys(value))
    if (!Object.hasOwn(known, name))
      yield wrong(pointerTo(at, name), `${name} is not allowed`, nearestName(name, Object.keys(known)));
}

function* parts(schema: JsonObject, value: Json): Generator<[string | number, Json, Json | undefined]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield [index, item, schema.items];
  else if (isObject(value)) {
    const known = memberSchemas(schema);
    for (const [name, inner] of Object.entries(value))
      yield [name, inner, Object.hasOwn(known, name) ? known[name] : schema.additionalProperties];
  }
}
