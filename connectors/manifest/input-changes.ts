import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { jsonEqual } from "../../engine/schema/equal.ts";
import type { Problem } from "../../engine/source/problem.ts";
import { pointerTo } from "../../engine/source/tree.ts";

/** Bounds that take less when they rise, and those that take less when they fall. */
const LOWER = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"];
const UPPER = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"];
/** Constraints of which any other value, where one stands now, may take less. */
const FIXED = [
  "pattern",
  "format",
  "multipleOf",
  "uniqueItems",
  "not",
  "if",
  "then",
  "else",
  "$ref",
  "prefixItems",
  "contains",
  "patternProperties",
  "propertyNames",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
  "unevaluatedItems",
];

/** What callers who sent what `previous` takes could no longer send to `next`, a schema whose place is `path`. */
export function inputChanges(previous: Json, next: Json, path: string): Problem[] {
  const problems: Problem[] = [];
  compare(previous, next, path, problems);
  return problems;
}

function compare(previous: Json, next: Json, path: string, problems: Problem[]): void {
  if (next === true || previous === false || jsonEqual(previous, next)) return;
  if (next === false) {
    problems.push({ path, message: "nothing is taken here any more" });
    return;
  }
  const before = isObject(previous) ? previous : {};
  const now = isObject(next) ? next : {};
  const report = (keyword: string, message: string) => problems.push({ path: pointerTo(path, keyword), message });
  compareValues(before, now, report);
  compareChoices(before, now, report);
  compareMembers(before, now, report);
  for (const keyword of ["properties", "$defs", "definitions"]) {
    const [ours, theirs] = [maps(before[keyword]), maps(now[keyword])];
    for (const [name, schema] of Object.entries(ours)) {
      const place = pointerTo(pointerTo(path, keyword), name);
      if (Object.hasOwn(theirs, name)) compare(schema, theirs[name] ?? {}, place, problems);
      else if (keyword !== "properties") continue;
      else if (now.properties !== undefined) problems.push({ path: place, message: `the member "${name}" is gone` });
      // What is not listed any more is what any other member may be.
      else compare(schema, now.additionalProperties ?? true, place, problems);
    }
  }
  if (now.items !== undefined) compare(before.items ?? {}, now.items, pointerTo(path, "items"), problems);
}

type Report = (keyword: string, message: string) => void;

function compareValues(before: JsonObject, now: JsonObject, report: Report): void {
  const types = typesOf(now);
  const lost = typesOf(before)?.filter((type) => !takes(types, type)) ?? (types === null ? [] : ["any"]);
  if (types !== null && lost.length > 0)
    report("type", `the type is narrower: ${types.join(" or ")} does not take ${lost.join(" or ")}`);
  for (const keyword of LOWER) {
    const [old, bound] = [before[keyword], now[keyword]];
    if (typeof bound === "number" && !(typeof old === "number" && old >= bound) && bound > floorOf(keyword))
      report(keyword, `${keyword} is higher: ${bound}`);
  }
  for (const keyword of UPPER) {
    const [old, bound] = [before[keyword], now[keyword]];
    if (typeof bound === "number" && !(typeof old === "number" && old <= bound))
      report(keyword, `${keyword} is lower: ${bound}`);
  }
  if (before["x-secret"] === true && now["x-secret"] !== true) report("x-secret", "a secret may no longer stand here");
  for (const keyword of FIXED) {
    const constraint = now[keyword];
    if (constraint === undefined || (constraint === false && keyword === "uniqueItems")) continue;
    if (before[keyword] === undefined || !jsonEqual(before[keyword], constraint))
      report(keyword, `${keyword} is new or another one`);
  }
}

/** Counts are never below 0, so a bound of 0 takes everything. */
function floorOf(keyword: string): number {
  return keyword.startsWith("min") && keyword !== "minimum" ? 0 : Number.NEGATIVE_INFINITY;
}

/** `enum` and `const` by value; of `anyOf` and `oneOf` every alternative must stay, of `allOf` none may come. */
function compareChoices(before: JsonObject, now: JsonObject, report: Report): void {
  const values = valuesOf(now);
  if (values !== null) {
    const old = valuesOf(before);
    const lost = old?.filter((value) => !values.some((it) => jsonEqual(it, value)));
    if (lost === undefined) report("enum", "only listed values are taken now");
    else if (lost.length > 0)
      report("enum", `no longer taken: ${lost.map((value) => JSON.stringify(value)).join(", ")}`);
  }
  for (const keyword of ["anyOf", "oneOf"]) {
    const alternatives = now[keyword];
    if (!Array.isArray(alternatives)) continue;
    const old = before[keyword];
    const kept = Array.isArray(old) && old.every((one) => alternatives.some((it) => jsonEqual(it, one)));
    if (!kept) report(keyword, `${keyword} is new or lacks an alternative`);
  }
  const [all, old] = [listOf(now.allOf), listOf(before.allOf)];
  if (!all.every((one) => old.some((it) => jsonEqual(it, one)))) report("allOf", "allOf asks for more");
}

function compareMembers(before: JsonObject, now: JsonObject, report: Report): void {
  const required = listOf(before.required);
  for (const name of listOf(now.required)) {
    const filled = maps(maps(now.properties)[String(name)]).default !== undefined;
    if (!required.includes(name) && !filled) report("required", `the member "${String(name)}" is newly required`);
  }
  const [open, nowOpen] = [before.additionalProperties ?? true, now.additionalProperties ?? true];
  if (nowOpen !== true && !jsonEqual(open, nowOpen) && open !== false)
    report("additionalProperties", "members beyond the listed ones are no longer all taken");
}

/** `number` takes integers too. */
function takes(types: readonly Json[] | null, type: Json): boolean {
  return types === null || types.includes(type) || (type === "integer" && types.includes("number"));
}

function typesOf(schema: JsonObject): Json[] | null {
  if (schema.type === undefined) return null;
  return Array.isArray(schema.type) ? schema.type : [schema.type];
}

function valuesOf(schema: JsonObject): Json[] | null {
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : null;
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function maps(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
