import type { Json, JsonObject } from "../../engine/json.ts";

/** A JSON Schema of one type with a description: the vocabulary in which the first-party manifests are written. */
function typed(type: string, description: string, rest: JsonObject = {}): JsonObject {
  return { type, description, ...rest };
}

export const number = (description: string, rest?: JsonObject): JsonObject => typed("number", description, rest);
export const integer = (description: string, rest?: JsonObject): JsonObject => typed("integer", description, rest);
export const string = (description: string, rest?: JsonObject): JsonObject => typed("string", description, rest);
export const boolean = (description: string, rest?: JsonObject): JsonObject => typed("boolean", description, rest);
export const list = (description: string, items?: JsonObject): JsonObject =>
  typed("array", description, items ? { items } : {});
export const map = (description: string, rest?: JsonObject): JsonObject => typed("object", description, rest);
export const anything = (description: string, rest?: JsonObject): JsonObject => ({ description, ...rest });
export const oneOf = (description: string, values: readonly Json[], rest?: JsonObject): JsonObject => ({
  description,
  enum: [...values],
  ...rest,
});

/** An object schema. Members whose name ends in `?` are optional; unknown members are refused. */
export function object(members: Record<string, JsonObject>): JsonObject {
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const [written, schema] of Object.entries(members)) {
    const name = written.replace(/\?$/, "");
    properties[name] = schema;
    if (name === written) required.push(name);
  }
  return { type: "object", properties, required, additionalProperties: false };
}

/** An object schema that lets members through that it does not know: for outputs. */
export function open(members: Record<string, JsonObject>): JsonObject {
  return { ...object(members), additionalProperties: true };
}

/** The output of an action whose pages are fetched one after another: all items in `body`. */
export function answer(items: JsonObject): JsonObject {
  return open({
    status: integer("Status of the last answer"),
    headers: map("Its headers, names in lower case"),
    body: items,
    pages: integer("How many pages were fetched"),
    has_more: boolean("Whether there are more, which were not fetched"),
  });
}
