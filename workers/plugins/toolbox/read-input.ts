import { isObject, member, type Json, type JsonObject } from "../../../engine/json.ts";

/*
 * Typed reads of members whose types the action's schema already guarantees; the fallbacks stand for members that are
 * optional without a default.
 */

export function numberOf(input: JsonObject, name: string, fallback = 0): number {
  const value = input[name];
  return typeof value === "number" ? value : fallback;
}

export function textOf(input: JsonObject, name: string, fallback = ""): string {
  const value = input[name];
  return typeof value === "string" ? value : fallback;
}

export function listOf(input: JsonObject, name: string): Json[] {
  const value = input[name];
  return Array.isArray(value) ? value : [];
}

/** `a.b.0` inside a value, by own members and list positions only; undefined where there is nothing. */
export function atPath(value: Json, path: string): Json | undefined {
  if (isObject(value) && Object.hasOwn(value, path)) return value[path];
  let here: Json | undefined = value;
  for (const segment of path.split(".")) {
    if (Array.isArray(here)) here = /^\d+$/.test(segment) ? here[Number(segment)] : undefined;
    else if (isObject(here)) here = member(here, segment);
    else return undefined;
  }
  return here;
}

/** A value as text, as templates write it: null is empty, lists and maps are JSON. */
export function asText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
