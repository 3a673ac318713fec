import type { JsonObject } from "../engine/json.ts";

const MOST_KEPT = 500;
const kept = new Map<string, JsonObject>();
/** What was asked for → the one object for its text: found without writing it down. */
const known = new WeakMap<JsonObject, JsonObject>();

/**
 * One object for equal schemas. Every call brings its own copy over RPC; what was compiled for the first one is found again
 * under this one.
 */
export function interned(schema: JsonObject): JsonObject {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const text = JSON.stringify(schema);
  let first = kept.get(text);
  if (first === undefined) {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(text, schema);
    first = schema;
  }
  known.set(schema, first);
  return first;
}

/** What is made of a schema alone, made once for equal ones; found by what was asked for, too, without writing it down. */
export function perSchema<Made extends object>(make: (schema: JsonObject) => Made): (schema: JsonObject) => Made {
  const all = new WeakMap<JsonObject, Made>();
  return (schema) => {
    const before = all.get(schema);
    if (before !== undefined) return before;
    const one = interned(schema);
    const made = all.get(one) ?? make(one);
    all.set(one, made);
    all.set(schema, made);
    return made;
  };
}
