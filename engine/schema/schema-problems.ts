import { isObject, type Json, type JsonObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import { pointerSegments, pointerTo } from "../source/tree.ts";
import { compilePattern } from "./pattern.ts";
import { plainCheck } from "./plain-checks.ts";
import type { SchemaProblem } from "./problem.ts";

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];
const SCHEMA_KEYWORDS = [
  "items",
  "additionalProperties",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
  "unevaluatedProperties",
  "unevaluatedItems",
];
const SCHEMA_LIST_KEYWORDS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMA_MAP_KEYWORDS = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];
const SIZE_KEYWORDS = [
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "minContains",
  "maxContains",
];
const NUMBER_KEYWORDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/**
 * What is wrong with a JSON Schema itself: unknown types, malformed keywords, patterns that are none, references that leave the
 * schema or lead nowhere. Pointers are relative to the schema.
 */
export function schemaProblems(schema: JsonObject): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  inspect(schema, "", schema, problems);
  if (problems.length === 0 && plainCheck(schema) === undefined) inspectGeneralPatterns(schema, "", problems);
  return problems;
}

function inspect(schema: Json, path: string, root: JsonObject, problems: SchemaProblem[]): void {
  if (typeof schema === "boolean") return;
  if (!isObject(schema)) {
    problems.push({ path, message: "a schema must be a map, true or false" });
    return;
  }
  inspectOwn(schema, path, root, problems);
  for (const keyword of SCHEMA_KEYWORDS)
    if (schema[keyword] !== undefined) inspect(schema[keyword], pointerTo(path, keyword), root, problems);
  for (const keyword of SCHEMA_LIST_KEYWORDS) {
    const list = schema[keyword];
    if (list === undefined) continue;
    if (!Array.isArray(list))
      problems.push({ path: pointerTo(path, keyword), message: `${keyword} must be a list of schemas` });
    else list.forEach((item, index) => inspect(item, pointerTo(pointerTo(path, keyword), index), root, problems));
  }
  for (const keyword of SCHEMA_MAP_KEYWORDS) {
    const map = schema[keyword];
    if (map === undefined) continue;
    if (!isObject(map))
      problems.push({ path: pointerTo(path, keyword), message: `${keyword} must be a map of schemas` });
    else
      for (const [name, item] of Object.entries(map))
        inspect(item, pointerTo(pointerTo(path, keyword), name), root, problems);
  }
}

function inspectOwn(schema: JsonObject, path: string, root: JsonObject, problems: SchemaProblem[]): void {
  const report = (keyword: string, message: string, suggestion?: string): void => {
    problems.push({ path: pointerTo(path, keyword), message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  const { type, pattern, required, $ref } = schema;
  if (type !== undefined) inspectType(type, report);
  if (schema.enum !== undefined && (!Array.isArray(schema.enum) || schema.enum.length === 0))
    report("enum", "enum must be a list of at least one value");
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === "string")))
    report("required", "required must be a list of names");
  for (const keyword of SIZE_KEYWORDS) {
    const size = schema[keyword];
    if (size !== undefined && !(Number.isInteger(size) && Number(size) >= 0))
      report(keyword, `${keyword} must be a whole number from 0`);
  }
  for (const keyword of NUMBER_KEYWORDS)
    if (schema[keyword] !== undefined && typeof schema[keyword] !== "number")
      report(keyword, `${keyword} must be a number`);
  if (typeof schema.multipleOf === "number" && schema.multipleOf <= 0)
    report("multipleOf", "multipleOf must be greater than 0");
  if (pattern !== undefined) inspectPattern(pattern, "pattern", report);
  if (isObject(schema.patternProperties))
    for (const name of Object.keys(schema.patternProperties)) inspectPattern(name, "patternProperties", report);
  if ($ref !== undefined) inspectReference($ref, root, report);
  if (schema.$dynamicRef !== undefined) report("$dynamicRef", "$dynamicRef is not supported: use $ref");
}

type Report = (keyword: string, message: string, suggestion?: string) => void;

function inspectType(type: Json, report: Report): void {
  const names = Array.isArray(type) ? type : [type];
  for (const name of names) {
    if (typeof name === "string" && TYPES.includes(name)) continue;
    const suggestion = typeof name === "string" ? nearestName(name, TYPES) : undefined;
    report("type", `type must be one of ${TYPES.join(", ")}`, suggestion);
  }
}

function inspectPattern(pattern: Json, keyword: string, report: Report): void {
  const compiled =
    typeof pattern === "string" ? compilePattern(pattern) : { ok: false, message: "a pattern must be text" };
  if (!compiled.ok) report(keyword, "message" in compiled ? compiled.message : "");
}

function inspectReference(reference: Json, root: JsonObject, report: Report): void {
  if (typeof reference !== "string" || !reference.startsWith("#"))
    report("$ref", "only references inside the schema (#/…) are followed");
  else if (reference !== "#" && (!reference.startsWith("#/") || resolve(root, reference.slice(1)) === undefined))
    report("$ref", `${reference} leads nowhere in the schema`);
}

/** The general validator runs patterns on the native engine, which can be hung by the others. */
function inspectGeneralPatterns(schema: Json, path: string, problems: SchemaProblem[]): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, member] of Object.entries(schema)) {
    const here = pointerTo(path, key);
    const patterns =
      key === "pattern" ? [member] : key === "patternProperties" && isObject(member) ? Object.keys(member) : [];
    for (const pattern of patterns) {
      const compiled = typeof pattern === "string" ? compilePattern(pattern) : undefined;
      if (!compiled?.ok || compiled.simple) continue;
      problems.push({
        path: here,
        message:
          "beside keywords such as anyOf or $ref, a pattern must be simple: no repeated groups, at most one open repeat",
      });
    }
    inspectGeneralPatterns(member, here, problems);
  }
}

function resolve(root: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of pointerSegments(pointer)) {
    if (Array.isArray(value)) value = value[Number(segment)];
    else value = isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  return value;
}
