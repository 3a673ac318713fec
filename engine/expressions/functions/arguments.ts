import { isObject, type Json, type JsonObject } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import type { Run } from "../run.ts";
import { kindOf } from "../values.ts";

/*
 * What functions accept: null (a missing member, too) reads as empty text, an empty list or an empty map; numbers and
 * booleans stand as text where text is wanted; everything else of the wrong kind is VALIDATION.
 */

function wrong(what: string, wanted: string, value: Json | undefined): ExpressionError {
  return new ExpressionError(`${what} needs ${wanted}, not ${kindOf(value)}`);
}

export function asText(value: Json | undefined, what: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw wrong(what, "text", value);
}

export function asNumber(value: Json | undefined, what: string): number {
  if (typeof value === "number") return value;
  throw wrong(what, "a number", value);
}

export function asInteger(value: Json | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new ExpressionError(
    `${what} needs a whole number, not ${typeof value === "number" ? String(value) : kindOf(value)}`,
  );
}

export function asBoolean(value: Json | undefined, what: string): boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === undefined) return false;
  throw wrong(what, "true or false", value);
}

/** A list whose items are counted as work. */
export function asList(value: Json | undefined, what: string, run: Run): readonly Json[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(what, "a list", value);
  run.spend(value.length);
  return value;
}

/** A map whose members are counted as work. */
export function asMap(value: Json | undefined, what: string, run: Run): JsonObject {
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw wrong(what, "a map", value);
  run.spend(Object.keys(value).length);
  return value;
}
