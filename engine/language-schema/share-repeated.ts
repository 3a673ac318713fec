import { isObject, type Json, type JsonObject } from "../json.ts";

const MAPS = ["properties", "patternProperties", "definitions", "dependencies"];
const LISTS = ["allOf", "anyOf", "oneOf"];
const SINGLE = ["items", "additionalProperties", "if", "then", "else", "not"];
/** Shorter schemas are easier to read where they stand. */
const WORTH_SHARING = 300;

/**
 * The same schema with what stands in several places moved to `definitions`: editors fetch it, and a reference costs nothing.
 * A description stays where it is, because it says what the value means in its place.
 */
export function shareRepeated(schema: JsonObject): JsonObject {
  const counts = new Map<string, number>();
  count(schema, counts);
  const names = new Map<string, string>();
  const shared: JsonObject = {};
  const within = (node: JsonObject): JsonObject => mapSchemas(node, (inner, key) => place(inner, key));
  const place = (node: JsonObject, key: string): JsonObject => {
    const { description, ...body } = node;
    const text = JSON.stringify(body);
    if ((counts.get(text) ?? 0) < 2) return within(node);
    let name = names.get(text);
    if (name === undefined) {
      name = unused(key, new Set([...names.values(), ...Object.keys(definitionsOf(schema))]));
      names.set(text, name);
      shared[name] = within(body);
    }
    const reference: JsonObject = { $ref: `#/definitions/${name}` };
    return description === undefined ? reference : { description, allOf: [reference] };
  };
  const rest = within(schema);
  return { ...rest, definitions: { ...definitionsOf(rest), ...shared } };
}

function count(node: JsonObject, counts: Map<string, number>): void {
  mapSchemas(node, (inner) => {
    const { description: _, ...body } = inner;
    const text = JSON.stringify(body);
    const before = counts.get(text) ?? 0;
    if (text.length > WORTH_SHARING) counts.set(text, before + 1);
    if (before === 0) count(inner, counts);
    return inner;
  });
}

/** Applies `change` to every schema directly inside of one; `key` is the nearest name that it stands under. */
function mapSchemas(node: JsonObject, change: (schema: JsonObject, key: string) => JsonObject): JsonObject {
  const one = (value: Json, key: string): Json => (isObject(value) ? change(value, key) : value);
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(node)) {
    if (MAPS.includes(key) && isObject(value))
      result[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, one(inner, name)]));
    else if (LISTS.includes(key) && Array.isArray(value)) result[key] = value.map((inner) => one(inner, key));
    else result[key] = SINGLE.includes(key) ? one(value, key) : value;
  }
  return result;
}

function definitionsOf(schema: JsonObject): JsonObject {
  return isObject(schema.definitions) ? schema.definitions : {};
}

function unused(name: string, taken: ReadonlySet<string>): string {
  const base = `value_${name}`;
  if (!taken.has(base)) return base;
  let index = 2;
  while (taken.has(`${base}_${index}`)) index += 1;
  return `${base}_${index}`;
}
