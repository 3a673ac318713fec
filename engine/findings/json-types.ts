import { isObject, type Json, type JsonObject } from "../json.ts";
import { GENERAL_KEYWORDS } from "../schema/keywords.ts";

/** Names of JSON Schema's types. `integer` is one of its own, within `number`. */
export type TypeName = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";
export type Types = ReadonlySet<TypeName>;

const NAMES: readonly TypeName[] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/** What a loop goes over. */
export const ITERABLE: Types = new Set(["array", "object"]);

export function typeOfValue(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "object") return "object";
  return typeof value === "string" ? "string" : "boolean";
}

/** The types that a schema allows; undefined: it does not say, or says it in a way that is not looked into. */
export function typesOfSchema(schema: Json | undefined): Types | undefined {
  if (!isObject(schema) || isGeneral(schema)) return undefined;
  if (Array.isArray(schema.enum)) return new Set(schema.enum.map(typeOfValue));
  if (schema.const !== undefined) return new Set([typeOfValue(schema.const)]);
  const names = Array.isArray(schema.type) ? schema.type : [schema.type];
  const types = NAMES.filter((name) => names.includes(name));
  return types.length === 0 ? undefined : new Set(types);
}

/** The schema uses keywords whose meaning is not looked into here (`anyOf`, `$ref`, …). */
export function isGeneral(schema: JsonObject): boolean {
  return Object.keys(schema).some((key) => GENERAL_KEYWORDS.has(key));
}

/** A value of `given` types, null aside, can be one of `wanted` types. */
export function canBe(given: Types, wanted: Types): boolean {
  const values = [...given].filter((type) => type !== "null");
  if (values.length === 0) return true;
  return values.some(
    (type) =>
      wanted.has(type) || (type === "integer" && wanted.has("number")) || (type === "number" && wanted.has("integer")),
  );
}

/** "text", "a number": types in the words of messages. */
export function typeWords(types: Types): string {
  const words: Record<TypeName, string> = {
    null: "null",
    boolean: "true or false",
    integer: "a whole number",
    number: "a number",
    string: "text",
    array: "a list",
    object: "a map",
  };
  const shown = [...types].filter((type) => type !== "null" || types.size === 1);
  return shown.map((type) => words[type]).join(" or ");
}
