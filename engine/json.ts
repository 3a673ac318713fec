/** Any value that JSON can hold. Nothing else ever enters a run. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. Own members only; a key named `__proto__` never appears (refused at every edge). */
export interface JsonObject {
  [key: string]: Json;
}

/** True for a plain JSON object (not null, not a list). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own-property read that never walks the prototype. */
export function member(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
