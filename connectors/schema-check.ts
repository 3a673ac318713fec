import { type OutputUnit, Validator } from "@cfworker/json-schema";
import { isObject, type Json, type JsonObject } from "../engine/json.ts";

/** A compiled JSON Schema 2020-12. */
export interface SchemaCheck {
  /** What is wrong with a value, each at its JSON pointer; empty when it fits. */
  problems(value: Json): { path: string; message: string }[];
  /** The value with the defaults of missing members filled in, at any depth that `properties` and `items` reach. */
  withDefaults(value: Json): Json;
}

/** Compiles a schema. Remote references are not followed. */
export function schemaCheck(schema: JsonObject): SchemaCheck {
  const validator = new Validator(schema, "2020-12", false);
  const fill = hasDefaults(schema);
  return {
    problems(value) {
      const result = validator.validate(value);
      return result.valid ? [] : leaves(result.errors);
    },
    withDefaults: (value) => (fill ? filled(schema, value) : value),
  };
}

/** The innermost complaints: the outer ones only say that something inside is wrong. */
function leaves(errors: OutputUnit[]): { path: string; message: string }[] {
  const found = errors
    .filter((error) => !["properties", "items", "prefixItems", "$ref", "allOf"].includes(error.keyword))
    .map((error) => ({ path: error.instanceLocation.replace(/^#/, ""), message: error.error }));
  return found.length > 0 ? found : [{ path: "", message: errors[0]?.error ?? "does not fit the schema" }];
}

function hasDefaults(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.some(hasDefaults);
  if (!isObject(schema)) return false;
  return Object.hasOwn(schema, "default") || Object.values(schema).some(hasDefaults);
}

function filled(schema: Json | undefined, value: Json): Json {
  if (!isObject(schema)) return value;
  if (Array.isArray(value)) return isObject(schema.items) ? value.map((item) => filled(schema.items, item)) : value;
  if (!isObject(value) || !isObject(schema.properties)) return value;
  const result: JsonObject = { ...value };
  for (const [name, inner] of Object.entries(schema.properties)) {
    const given = Object.hasOwn(result, name) ? result[name] : undefined;
    if (given !== undefined) result[name] = filled(inner, given);
    else if (isObject(inner) && inner.default !== undefined) result[name] = structuredClone(inner.default);
  }
  return result;
}
