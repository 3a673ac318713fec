import type { JsonObject } from "../engine/json.ts";

const MOST_KEPT = 500;
const kept = new Map<string, JsonObject>();

/**
 * One object for equal schemas. Every call brings its own copy over RPC; what was compiled for the first one is found again
 * under this one.
 */
export function interned(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema);
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, schema);
  return schema;
}
