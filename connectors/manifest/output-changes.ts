import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { jsonEqual } from "../../engine/schema/equal.ts";
import type { Problem } from "../../engine/source/problem.ts";
import { pointerTo } from "../../engine/source/tree.ts";

/** What says something of a value, beside words about it. */
const SAYS = ["type", "properties", "items", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "required"];

/**
 * What readers of what `previous` gives could no longer count on in what `next` gives: a member that is gone or may be absent, a
 * type that may be another. Further members and values are no change; alternatives and references are not looked into.
 */
export function outputChanges(previous: Json, next: Json, path: string): Problem[] {
  const problems: Problem[] = [];
  compare(previous, next, path, problems);
  return problems;
}

function compare(previous: Json, next: Json, path: string, problems: Problem[]): void {
  if (!isObject(previous) || jsonEqual(previous, next) || !SAYS.some((word) => previous[word] !== undefined)) return;
  const now = isObject(next) ? next : {};
  if (!SAYS.some((word) => now[word] !== undefined)) {
    problems.push({ path, message: "what it gives is no longer described" });
    return;
  }
  compareTypes(previous, now, path, problems);
  compareMembers(previous, now, path, problems);
  if (previous.items !== undefined) compare(previous.items, now.items ?? {}, pointerTo(path, "items"), problems);
}

function compareTypes(before: JsonObject, now: JsonObject, path: string, problems: Problem[]): void {
  const types = typesOf(before);
  if (types === null) return;
  const come = typesOf(now);
  const others = come?.filter((type) => !types.includes(type) && !(type === "integer" && types.includes("number")));
  if (others === undefined && now.enum === undefined && now.const === undefined)
    problems.push({ path: pointerTo(path, "type"), message: `the type is open: it was ${types.join(" or ")}` });
  else if (others !== undefined && others.length > 0)
    problems.push({ path: pointerTo(path, "type"), message: `the type is wider: ${others.join(" or ")} may come` });
}

function compareMembers(before: JsonObject, now: JsonObject, path: string, problems: Problem[]): void {
  const [ours, theirs] = [mapOf(before.properties), mapOf(now.properties)];
  const always = listOf(now.required);
  for (const [name, schema] of Object.entries(ours)) {
    const place = pointerTo(pointerTo(path, "properties"), name);
    if (!Object.hasOwn(theirs, name)) problems.push({ path: place, message: `the output "${name}" is gone` });
    else compare(schema, theirs[name] ?? {}, place, problems);
  }
  for (const name of listOf(before.required)) {
    if (always.includes(name) || (Object.hasOwn(ours, String(name)) && !Object.hasOwn(theirs, String(name)))) continue;
    problems.push({ path: pointerTo(path, "required"), message: `the output "${String(name)}" may be absent` });
  }
}

function typesOf(schema: JsonObject): Json[] | null {
  if (schema.type === undefined) return null;
  return Array.isArray(schema.type) ? schema.type : [schema.type];
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function mapOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
