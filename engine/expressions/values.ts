import { isObject, type Json, type JsonObject } from "../json.ts";
import { ExpressionError } from "./expression-error.ts";
import { limitError, WALKED_DEPTH } from "./limits.ts";
import type { Read, Run } from "./run.ts";
import { LazyMap, type SecretValue } from "./types.ts";

/** A marked secret, or a function of one. Data from outside never is one: every edge refuses a member named `$secret`. */
export function isSecret(value: unknown): value is SecretValue & JsonObject {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$secret");
}

/** What is read as plain JSON: missing is null, lazy is loaded. */
export function plain(read: Read): Json {
  if (read === undefined) return null;
  return read instanceof LazyMap ? read.json() : read;
}

/** Refuses a secret where its content would decide something. */
export function refuseSecret(read: Read, use: string): void {
  if (isSecret(read)) throw new ExpressionError(`A secret cannot be used ${use}`);
}

/** Jinja truth: null, false, 0, empty text, list and map are false. A secret has no truth: VALIDATION. */
export function truthy(read: Read): boolean {
  switch (typeof read) {
    case "boolean":
      return read;
    case "string":
      return read !== "";
    case "number":
      return read !== 0;
    case "undefined":
      return false;
    default: {
      const value = plain(read);
      if (value === null) return false;
      if (typeof value !== "object") return truthy(value);
      if (Array.isArray(value)) return value.length > 0;
      refuseSecret(value, "in a condition");
      for (const _ in value) return true;
      return false;
    }
  }
}

/**
 * Equality by value and type: 1 equals 1.0, never "1"; order of members does not count. The work is counted. A secret
 * inside either: VALIDATION.
 */
export function equalsIn(run: Run, a: Json, b: Json): boolean {
  return sameValue(a, b, run, 0);
}

function sameValue(a: Json, b: Json, run: Run, depth: number): boolean {
  if (isSecret(a) || isSecret(b)) refuseSecret(isSecret(a) ? a : b, "in a comparison");
  if (typeof a === "string" && typeof b === "string") {
    run.spend(a.length >> 10);
    return a === b;
  }
  if (a === b) return true;
  if (depth > WALKED_DEPTH) throw limitError("depth");
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    run.spend(a.length);
    return a.every((item, index) => sameValue(item, b[index] ?? null, run, depth + 1));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  run.spend(keys.length);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key] ?? null, b[key] ?? null, run, depth + 1));
}

/**
 * A value inside text: null is empty, numbers and booleans as in JSON, lists and maps compact JSON (section 6). Fails
 * before it prints more than `most` characters.
 */
export function textOf(read: Read, most: number): string {
  if (typeof read === "string") return read;
  if (typeof read === "number" || typeof read === "boolean") return String(read);
  if (read === null || read === undefined) return "";
  return read instanceof LazyMap ? (read.text() ?? jsonText(read.json(), most)) : jsonText(read, most);
}

/** JSON text, compact or indented; fails before it prints more than `most` characters. */
export function jsonText(value: Json, most: number, indent = 0): string {
  measure(value, most, 0);
  return indent === 0 ? JSON.stringify(value) : JSON.stringify(value, null, indent);
}

/** Least length of a value's JSON text; stops at `most` and at the depth that may be walked. */
function measure(value: Json, most: number, depth: number): number {
  if (typeof value === "string") return value.length + 2;
  if (value === null || typeof value !== "object") return 1;
  if (depth > WALKED_DEPTH) throw limitError("depth");
  let length = 2;
  if (Array.isArray(value))
    for (const item of value) length += 1 + checked(measure(item, most, depth + 1), most, length);
  else
    for (const key of Object.keys(value))
      length += key.length + 3 + checked(measure(value[key] ?? null, most, depth + 1), most, length);
  return length;
}

function checked(length: number, most: number, before: number): number {
  if (before + length > most) throw limitError("text_bytes");
  return length;
}

/** Writes a member of a map that an expression builds. Two names would change what the map is: they are refused. */
export function put(map: JsonObject, key: string, value: Json): void {
  if (key === "__proto__" || key === "$secret") throw new ExpressionError(`A map cannot have a member named ${key}`);
  map[key] = value;
}

/** The word for a value's type in messages. */
export function kindOf(read: Read): string {
  switch (typeof read) {
    case "boolean":
      return "a boolean";
    case "number":
      return "a number";
    case "string":
      return "text";
    default:
      if (read === null || read === undefined) return "null";
      if (Array.isArray(read)) return "a list";
      return isSecret(read) ? "a secret" : "a map";
  }
}
