import { Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { plainCheck } from "./plain-checks.ts";
import { schemaProblems } from "./schema-problems.ts";
import { applyDefaults, compileSchema } from "./validate.ts";

const PLACE: JsonObject = {
  type: "object",
  properties: {
    location: { type: "string", minLength: 1 },
    unit: { type: "string", enum: ["celsius", "fahrenheit"], default: "celsius" },
    days: { type: "integer", minimum: 1, maximum: 14 },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
    near: { type: "object", properties: { km: { type: "number", default: 5 } }, default: {} },
  },
  required: ["location"],
  additionalProperties: false,
};

test("everything that is wrong comes at once, readable, with pointers", () => {
  expect(compileSchema(PLACE).validate({ unit: "celsus", days: 1.5, tags: ["a", 2, "a"], locaton: "x" })).toEqual([
    { path: "/unit", message: 'must be one of "celsius", "fahrenheit"', suggestion: "celsius" },
    { path: "/days", message: "must be integer, got number" },
    { path: "/tags/1", message: "must be string, got number" },
    { path: "/tags/2", message: "is given twice" },
    { path: "/location", message: "location is required" },
    { path: "/locaton", message: "locaton is not allowed", suggestion: "location" },
  ]);
  expect(compileSchema(PLACE).validate({ location: "Oban", days: 3 })).toEqual([]);
});

test("schemas with rarer keywords give messages of the same kind", () => {
  const schema: JsonObject = {
    type: "object",
    required: ["a"],
    properties: {
      a: { $ref: "#/$defs/even" },
      b: { anyOf: [{ type: "string" }, { type: "null" }] },
      "c/d": { not: { type: "string" } },
    },
    unevaluatedProperties: false,
    $defs: { even: { type: "integer", multipleOf: 2 } },
  };
  expect(plainCheck(schema)).toBeUndefined();
  const { validate } = compileSchema(schema);
  expect(validate({ a: 4, b: null, "c/d": 1 })).toEqual([]);
  expect(validate({})).toEqual([{ path: "/a", message: "a is required" }]);
  expect(validate({ a: "x" })).toEqual([{ path: "/a", message: "must be integer, got string" }]);
  expect(validate({ a: 2, b: 1 })).toEqual([{ path: "/b", message: "must fit one of the allowed forms" }]);
  expect(validate({ a: 2, "c/d": "x" })).toEqual([{ path: "/c~1d", message: "must not have this form" }]);
  expect(validate({ a: 2, z: 1 })).toEqual([{ path: "/z", message: "is not allowed" }]);
});

test("a schema that never ends is a problem of the value, not a crash", () => {
  expect(compileSchema({ $ref: "#" }).validate(1)).toHaveLength(1);
  expect(compileSchema({ allOf: [{ $ref: "https://example.com/elsewhere" }] }).validate(1)).toHaveLength(1);
});

test("patterns beside rarer keywords stay harmless: simple ones only, on short texts only", () => {
  const schema = (pattern: string): JsonObject => ({ anyOf: [{ type: "string", pattern }, { type: "null" }] });
  expect(schemaProblems(schema("^[a-z]+$"))).toEqual([]);
  expect(schemaProblems(schema("^(a+)+$"))).toMatchObject([{ path: "/anyOf/0/pattern" }]);
  expect(schemaProblems({ patternProperties: { "^(a+)+$": true } })).toMatchObject([{ path: "/patternProperties" }]);
  expect(compileSchema(schema("^[a-z]+$")).validate("abc")).toEqual([]);
  expect(compileSchema(schema("^[a-z]+$")).validate("a".repeat(2_000))).toHaveLength(1);
});

test("defaults fill absent members, nested objects too, and never share a value", () => {
  const given: JsonObject = { location: "Oban", near: {} };
  expect(applyDefaults(PLACE, given)).toEqual({ location: "Oban", unit: "celsius", near: { km: 5 } });
  expect(applyDefaults(PLACE, { location: "Oban" })).toEqual({ location: "Oban", unit: "celsius", near: { km: 5 } });
  expect(given).toEqual({ location: "Oban", near: {} });
  expect(applyDefaults(PLACE, { unit: "fahrenheit", near: { km: 0 } })).toEqual({
    unit: "fahrenheit",
    near: { km: 0 },
  });
});

test("names of Object's own members are plain data", () => {
  const { validate } = compileSchema({
    type: "object",
    required: ["constructor"],
    properties: { toString: { type: "string" } },
  });
  expect(validate({})).toEqual([{ path: "/constructor", message: "constructor is required" }]);
});

describe("schemas themselves", () => {
  test.each<[JsonObject, string]>([
    [{ type: "strin" }, "/type"],
    [{ type: ["string", "nul"] }, "/type"],
    [{ properties: { a: 3 } }, "/properties/a"],
    [{ properties: [] }, "/properties"],
    [{ items: { minLength: -1 } }, "/items/minLength"],
    [{ required: "a" }, "/required"],
    [{ enum: [] }, "/enum"],
    [{ pattern: "(" }, "/pattern"],
    [{ pattern: 3 }, "/pattern"],
    [{ patternProperties: { "(": true } }, "/patternProperties"],
    [{ minimum: "1" }, "/minimum"],
    [{ multipleOf: 0 }, "/multipleOf"],
    [{ allOf: {} }, "/allOf"],
    [{ anyOf: [{ type: "x" }] }, "/anyOf/0/type"],
    [{ $ref: "https://example.com/s.json" }, "/$ref"],
    [{ $ref: "#/$defs/gone" }, "/$ref"],
  ])("%j is refused", (schema, path) => {
    expect(schemaProblems(schema).map((problem) => problem.path)).toEqual([path]);
  });

  test("a good one has no problems", () => {
    expect(schemaProblems(PLACE)).toEqual([]);
    expect(
      schemaProblems({
        $ref: "#/$defs/a",
        $defs: { a: { type: ["string", "null"], pattern: "^a+$", "x-secret": true } },
      }),
    ).toEqual([]);
  });
});

/** A small linear generator: the same cases on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ["a", "b", "c", "x/y", "~"];
const FORMATS = ["email", "date", "uuid", "uri", "ipv4", "date-time", "no-such-format"];
const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

function randomValue(pick: (below: number) => number, depth: number): Json {
  const leaf: Json[] = [
    null,
    true,
    false,
    0,
    1,
    2,
    3,
    4.5,
    -2,
    1e21,
    "",
    "a",
    "ab",
    "abc",
    "é😀",
    "a@b.co",
    "2026-11-20",
    "10.0.0.1",
  ];
  const kind = depth === 0 ? 0 : pick(4);
  if (kind < 2) return leaf[pick(leaf.length)] ?? null;
  if (kind === 2) return Array.from({ length: pick(4) }, () => randomValue(pick, depth - 1));
  return Object.fromEntries(
    Array.from({ length: pick(4) }, () => [NAMES[pick(NAMES.length)] ?? "a", randomValue(pick, depth - 1)]),
  );
}

function randomSchema(pick: (below: number) => number, depth: number): Json {
  if (pick(12) === 0) return pick(2) === 0;
  const inner = () => (depth === 0 ? {} : randomSchema(pick, depth - 1));
  const parts: Record<string, () => Json> = {
    type: () => (pick(3) === 0 ? [TYPES[pick(7)] ?? "null", TYPES[pick(7)] ?? "null"] : (TYPES[pick(7)] ?? "null")),
    properties: () =>
      Object.fromEntries(Array.from({ length: 1 + pick(3) }, () => [NAMES[pick(NAMES.length)] ?? "a", inner()])),
    required: () => Array.from({ length: pick(3) }, () => NAMES[pick(NAMES.length)] ?? "a"),
    additionalProperties: inner,
    items: inner,
    enum: () => Array.from({ length: 1 + pick(4) }, () => randomValue(pick, 2)),
    const: () => randomValue(pick, 2),
    minimum: () => pick(5),
    maximum: () => pick(5),
    exclusiveMinimum: () => pick(5),
    exclusiveMaximum: () => pick(5),
    multipleOf: () => [1, 2, 3, 0.5, 0.1][pick(5)] ?? 1,
    minLength: () => pick(4),
    maxLength: () => pick(4),
    minItems: () => pick(3),
    maxItems: () => pick(3),
    minProperties: () => pick(3),
    maxProperties: () => pick(3),
    uniqueItems: () => pick(2) === 0,
    pattern: () => ["^a", "b$", "a.c", "\\d"][pick(4)] ?? "a",
    format: () => FORMATS[pick(FORMATS.length)] ?? "email",
    title: () => "ignored",
    "x-note": () => ({ type: "ignored" }),
  };
  const names = Object.keys(parts);
  return Object.fromEntries(
    Array.from({ length: 1 + pick(4) }, () => names[pick(names.length)] ?? "type").map((name) => [
      name,
      parts[name]?.() ?? null,
    ]),
  );
}

test("the plain checks agree with the general validator on 20,000 schemas and values", () => {
  const pick = generator(20_261_120);
  let plain = 0;
  let invalid = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const schema = randomSchema(pick, 3);
    const value = randomValue(pick, 3);
    const check = plainCheck(schema);
    if (check === undefined) continue;
    plain += 1;
    const problems: { path: string; message: string }[] = [];
    check(value, "", problems);
    const expected = isObject(schema)
      ? new Validator({ ...schema }, "2020-12", false).validate(value).valid
      : schema === true;
    if (!expected) invalid += 1;
    if ((problems.length === 0) !== expected)
      throw new Error(`differs: ${JSON.stringify({ schema, value, problems, expected })}`);
  }
  expect(plain).toBeGreaterThan(15_000);
  expect(invalid).toBeGreaterThan(3_000);
});
