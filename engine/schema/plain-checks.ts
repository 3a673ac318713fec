import { format as formats } from "@cfworker/json-schema";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { nearestName } from "../source/nearest-name.ts";
import { pointerTo } from "../source/tree.ts";
import { jsonEqual } from "./equal.ts";
import { PLAIN_KEYWORDS } from "./keywords.ts";
import { GENERAL_KEYWORDS } from "./keywords.ts";
import { compilePattern } from "./pattern.ts";
import type { SchemaProblem } from "./problem.ts";

/** Adds what is wrong with `value`, which stands at `path`. */
export type Check = (value: Json, path: string, problems: SchemaProblem[]) => void;

/** The JSON Schema word for a value's type. */
export function typeName(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * A schema of the plain subset → one check, everything decided beforehand. Undefined when the schema uses a keyword outside
 * the subset, anywhere: the general validator takes the whole of it then.
 */
export function plainCheck(schema: Json): Check | undefined {
  if (schema === true) return () => {};
  if (schema === false) return (_value, path, problems) => problems.push({ path, message: "is not allowed" });
  if (!isObject(schema)) return undefined;
  const checks: Check[] = [];
  for (const keyword of Object.keys(schema)) {
    if (GENERAL_KEYWORDS.has(keyword)) return undefined;
    if (!PLAIN_KEYWORDS.has(keyword) || keyword === "additionalProperties") continue;
    const build = BUILDERS[keyword];
    const check = build?.(schema[keyword] ?? null, schema);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  if ("additionalProperties" in schema) {
    const check = additionalCheck(schema);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  const [only] = checks;
  if (checks.length === 1 && only !== undefined) return only;
  return (value, path, problems) => {
    for (const check of checks) check(value, path, problems);
  };
}

type Builder = (argument: Json, schema: JsonObject) => Check | undefined;

const BUILDERS: Readonly<Record<string, Builder>> = {
  type: typeCheck,
  properties: propertiesCheck,
  required: requiredCheck,
  items: itemsCheck,
  enum: (choices) => {
    if (!Array.isArray(choices)) return undefined;
    const message = `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
    const words = choices.filter((choice) => typeof choice === "string");
    return (value, path, problems) => {
      if (choices.some((choice) => jsonEqual(choice, value))) return;
      const suggestion = typeof value === "string" ? nearestName(value, words) : undefined;
      problems.push(suggestion === undefined ? { path, message } : { path, message, suggestion });
    };
  },
  const: (wanted) => (value, path, problems) => {
    if (!jsonEqual(wanted, value)) problems.push({ path, message: `must be ${JSON.stringify(wanted)}` });
  },
  minimum: (bound) => numberCheck(bound, (value, least) => value >= least, `must be at least ${bound}`),
  maximum: (bound) => numberCheck(bound, (value, most) => value <= most, `must be at most ${bound}`),
  exclusiveMinimum: (bound) => numberCheck(bound, (value, least) => value > least, `must be greater than ${bound}`),
  exclusiveMaximum: (bound) => numberCheck(bound, (value, most) => value < most, `must be less than ${bound}`),
  multipleOf: (bound) =>
    Number.isInteger(bound) && Number(bound) > 0
      ? numberCheck(bound, isIntegerMultiple, `must be a multiple of ${bound}`)
      : undefined,
  minLength: (bound) =>
    sizeCheck(bound, textLength, (size, least) => size >= least, `must have at least ${bound} characters`),
  maxLength: (bound) =>
    sizeCheck(bound, textLength, (size, most) => size <= most, `must have at most ${bound} characters`),
  minItems: (bound) =>
    sizeCheck(bound, listLength, (size, least) => size >= least, `must have at least ${bound} items`),
  maxItems: (bound) => sizeCheck(bound, listLength, (size, most) => size <= most, `must have at most ${bound} items`),
  minProperties: (bound) =>
    sizeCheck(bound, memberCount, (size, least) => size >= least, `must have at least ${bound} members`),
  maxProperties: (bound) =>
    sizeCheck(bound, memberCount, (size, most) => size <= most, `must have at most ${bound} members`),
  pattern: (pattern) => {
    const compiled = typeof pattern === "string" ? compilePattern(pattern) : undefined;
    if (!compiled?.ok) return undefined;
    return (value, path, problems) => {
      const fits = typeof value !== "string" || compiled.test(value);
      if (fits === undefined) problems.push({ path, message: "is too long to be checked against its pattern" });
      else if (!fits) problems.push({ path, message: `must match ${pattern}` });
    };
  },
  format: (name) => {
    if (typeof name !== "string") return undefined;
    const fits = Object.hasOwn(formats, name) ? formats[name] : undefined;
    return (value, path, problems) => {
      if (fits !== undefined && typeof value === "string" && !fits(value))
        problems.push({ path, message: `must be a valid ${name}` });
    };
  },
  uniqueItems: (wanted) => (value, path, problems) => {
    if (wanted !== true || !Array.isArray(value)) return;
    const repeated = value.findIndex((item, index) =>
      value.slice(0, index).some((earlier) => jsonEqual(earlier, item)),
    );
    if (repeated !== -1) problems.push({ path: pointerTo(path, repeated), message: "is given twice" });
  },
};

function isIntegerMultiple(value: number, divisor: number): boolean {
  return value % divisor === 0;
}

function textLength(value: Json): number | undefined {
  if (typeof value !== "string") return undefined;
  let length = 0;
  for (const _ of value) length += 1;
  return length;
}

function listLength(value: Json): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

function memberCount(value: Json): number | undefined {
  return isObject(value) ? Object.keys(value).length : undefined;
}

function numberCheck(bound: Json, fits: (value: number, bound: number) => boolean, message: string): Check | undefined {
  if (typeof bound !== "number") return undefined;
  return (value, path, problems) => {
    if (typeof value === "number" && !fits(value, bound)) problems.push({ path, message });
  };
}

function sizeCheck(
  bound: Json,
  measure: (value: Json) => number | undefined,
  fits: (size: number, bound: number) => boolean,
  message: string,
): Check | undefined {
  if (typeof bound !== "number") return undefined;
  return (value, path, problems) => {
    const size = measure(value);
    if (size !== undefined && !fits(size, bound)) problems.push({ path, message });
  };
}

function typeCheck(wanted: Json): Check | undefined {
  const names =
    typeof wanted === "string"
      ? [wanted]
      : Array.isArray(wanted)
        ? wanted.filter((name) => typeof name === "string")
        : [];
  if (names.length === 0) return undefined;
  const expected = names.join(" or ");
  return (value, path, problems) => {
    const actual = typeName(value);
    if (names.includes(actual) || (actual === "number" && names.includes("integer") && Number.isInteger(value))) return;
    problems.push({ path, message: `must be ${expected}, got ${actual}` });
  };
}

function propertiesCheck(properties: Json): Check | undefined {
  if (!isObject(properties)) return undefined;
  const members: { name: string; segment: string; check: Check }[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    const check = plainCheck(schema);
    if (check === undefined) return undefined;
    members.push({ name, segment: pointerTo("", name), check });
  }
  return (value, path, problems) => {
    if (!isObject(value)) return;
    for (const { name, segment, check } of members) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member !== undefined) check(member, path + segment, problems);
    }
  };
}

function requiredCheck(names: Json): Check | undefined {
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) return undefined;
  return (value, path, problems) => {
    if (!isObject(value)) return;
    for (const name of names)
      if (!Object.hasOwn(value, name)) problems.push({ path: pointerTo(path, name), message: `${name} is required` });
  };
}

function itemsCheck(schema: Json): Check | undefined {
  const check = plainCheck(schema);
  if (check === undefined) return undefined;
  return (value, path, problems) => {
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index += 1) check(value[index] ?? null, `${path}/${index}`, problems);
  };
}

function additionalCheck(schema: JsonObject): Check | undefined {
  const check = plainCheck(schema.additionalProperties ?? null);
  if (check === undefined) return undefined;
  const declared = new Set(isObject(schema.properties) ? Object.keys(schema.properties) : []);
  const refused = schema.additionalProperties === false;
  return (value, path, problems) => {
    if (!isObject(value)) return;
    for (const key of Object.keys(value)) {
      if (declared.has(key)) continue;
      if (!refused) check(value[key] ?? null, pointerTo(path, key), problems);
      else problems.push(surplus(key, path, declared));
    }
  };
}

function surplus(key: string, path: string, declared: ReadonlySet<string>): SchemaProblem {
  const suggestion = nearestName(key, declared);
  const problem = { path: pointerTo(path, key), message: `${key} is not allowed` };
  return suggestion === undefined ? problem : { ...problem, suggestion };
}
