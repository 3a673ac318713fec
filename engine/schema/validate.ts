import { isObject, type Json, type JsonObject } from "../json.ts";
import { generalCheck } from "./general-check.ts";
import { plainCheck } from "./plain-checks.ts";
import type { SchemaProblem } from "./problem.ts";

/** A JSON Schema (2020-12), ready to be applied many times. */
export interface SchemaValidator {
  /** Everything that is wrong with the value; empty when it fits. */
  validate(value: Json): SchemaProblem[];
}

/** Problems of one value that are worth reading. */
const MOST_PROBLEMS = 100;

/**
 * Prepares a schema. Schemas of the plain subset run on precompiled checks of our own (a few microseconds); the others on
 * @cfworker/json-schema. References outside the schema are never followed. Check a schema once with `schemaProblems`
 * before it is stored: this function takes what it is given.
 */
export function compileSchema(schema: JsonObject): SchemaValidator {
  const check = plainCheck(schema) ?? generalCheck(schema);
  return {
    validate(value) {
      const problems: SchemaProblem[] = [];
      check(value, "", problems);
      return problems.length > MOST_PROBLEMS ? problems.slice(0, MOST_PROBLEMS) : problems;
    },
  };
}

/**
 * A copy of `value` in which absent members that the schema gives a default are filled in: of the object itself and of the
 * objects in it, present ones only. Items of lists are left alone.
 */
export function applyDefaults(schema: JsonObject, value: Json): Json {
  if (!isObject(value) || !isObject(schema.properties)) return value;
  const filled: JsonObject = { ...value };
  for (const [name, member] of Object.entries(schema.properties)) {
    if (!isObject(member)) continue;
    if (!Object.hasOwn(filled, name) && member.default !== undefined) filled[name] = structuredCopy(member.default);
    const present = Object.hasOwn(filled, name) ? filled[name] : undefined;
    if (present !== undefined) filled[name] = applyDefaults(member, present);
  }
  return filled;
}

function structuredCopy(value: Json): Json {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, content]) => [key, structuredCopy(content)]));
}
