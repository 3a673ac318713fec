import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { GENERAL_KEYWORDS, PLAIN_KEYWORDS } from "../../engine/schema/keywords.ts";
import { schemaProblems } from "../../engine/schema/schema-problems.ts";
import { applyDefaults, compileSchema } from "../../engine/schema/validate.ts";
import { FUZZ_TIMEOUT_MS, manyCases } from "./replay.ts";

const KEYWORDS = [...PLAIN_KEYWORDS, ...GENERAL_KEYWORDS].filter((keyword) => keyword !== "$dynamicRef") as [
  string,
  ...string[],
];
const NAMES: readonly [string, ...string[]] = ["a", "b", "", "constructor", "toString", "~/", "é", "length"];
const PATTERNS: readonly [string, ...string[]] = [
  "^a",
  "(a|a)*$",
  "[",
  "a{2,}",
  "\\p{L}+",
  "^(a+)+$",
  "",
  "(?=a)",
  "\\d{1,3}",
];
const TYPES: readonly [Json, ...Json[]] = [
  "string",
  "number",
  "integer",
  "boolean",
  "object",
  "array",
  "null",
  ["string", "null"],
  "text",
  5,
];
const REFERENCES: readonly [string, ...string[]] = [
  "#",
  "#/$defs/a",
  "#/properties/a",
  "#/nowhere",
  "http://x/y",
  "#a",
  "",
];

function randomValue(random: RandomSource, depth: number): Json {
  if (depth > 0 && random.chance(40)) {
    if (random.chance(50)) return random.times(3, () => randomValue(random, depth - 1));
    return Object.fromEntries(random.times(3, () => [random.pick(NAMES), randomValue(random, depth - 1)]));
  }
  return random.pick<Json>([
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    1e300,
    "",
    "a",
    "aaaaaaaaaaaaaaaaaaaaaaaa!",
    "é🌤",
    "2026-01-01",
  ]);
}

function randomSchema(random: RandomSource, depth: number): Json {
  if (random.chance(5)) return random.chance(50);
  const schema: JsonObject = {};
  for (let count = random.below(4); count >= 0; count -= 1) {
    const keyword = random.pick(KEYWORDS);
    schema[keyword] = random.chance(6) ? randomValue(random, 1) : valueOfKeyword(keyword, random, depth - 1);
  }
  return schema;
}

function valueOfKeyword(keyword: string, random: RandomSource, depth: number): Json {
  const inner = (): Json => (depth <= 0 ? { type: random.pick(TYPES) } : randomSchema(random, depth));
  if (keyword === "type") return random.pick(TYPES);
  if (keyword === "pattern") return random.pick(PATTERNS);
  if (keyword === "format") return random.pick(["date", "email", "uri", "strange"]);
  if (keyword === "$ref") return random.pick(REFERENCES);
  if (keyword === "enum") return [randomValue(random, 1), randomValue(random, 2)];
  if (keyword === "const") return randomValue(random, 2);
  if (keyword === "required") return random.times(3, () => random.pick(NAMES));
  if (keyword === "uniqueItems") return random.chance(50);
  if (keyword === "dependentRequired") return { [random.pick(NAMES)]: [random.pick(NAMES)] };
  if (/^(min|max)/.test(keyword)) return random.below(4);
  if (/Minimum|Maximum|multipleOf/.test(keyword)) return 1 + random.below(3);
  if (["allOf", "anyOf", "oneOf", "prefixItems"].includes(keyword)) return [inner(), inner()];
  if (keyword === "patternProperties") return { [random.pick(PATTERNS)]: inner() };
  if (["properties", "$defs", "definitions", "dependentSchemas", "dependencies"].includes(keyword))
    return Object.fromEntries(random.times(3, () => [random.pick(NAMES), inner()]));
  return inner();
}

/** What two validators may see differently: formats, the older drafts' words, what a float can divide, and names of Object's own members. */
const DISPUTED =
  /"(format|definitions|dependencies|additionalItems|unevaluatedProperties|unevaluatedItems|multipleOf|contains|minContains|maxContains)"/;

const INHERITED = /"(toString|constructor)"/;

const ANY_SCHEMA = "any schema is refused, or checks any value without throwing, as another validator does";
test(
  ANY_SCHEMA,
  () => {
    const outcomes = { refused: 0, fits: 0, unfit: 0, compared: 0 };
    manyCases("schemas", ANY_SCHEMA, 800, (random) => {
      const drawn = randomSchema(random, 3);
      const schema: JsonObject = typeof drawn === "object" && drawn !== null && !Array.isArray(drawn) ? drawn : {};
      const text = JSON.stringify(schema);
      const problems = schemaProblems(schema);
      for (const { path, message } of problems) {
        expect(path === "" || path.startsWith("/"), text).toBe(true);
        expect(message, text).not.toBe("");
      }
      if (problems.length > 0) {
        outcomes.refused += 1;
        return;
      }
      const validator = compileSchema(schema);
      const other = DISPUTED.test(text) || INHERITED.test(text) ? undefined : otherValidator(schema);
      for (let count = 0; count < 6; count += 1) {
        const value = randomValue(random, 3);
        const found = validator.validate(value);
        outcomes[found.length === 0 ? "fits" : "unfit"] += 1;
        expect(found.length).toBeLessThanOrEqual(100);
        expect(JSON.stringify(applyDefaults(schema, value))).toBeDefined();
        if (
          other === undefined ||
          INHERITED.test(JSON.stringify(value)) ||
          found.some(({ message }) => /cannot be checked|too long/.test(message))
        )
          continue;
        outcomes.compared += 1;
        expect(found.length === 0, `${text} on ${JSON.stringify(value)}: ${JSON.stringify(found)}`).toBe(other(value));
      }
    });
    if (process.env.FUZZ_SEED === undefined)
      for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).toBeGreaterThan(40);
  },
  FUZZ_TIMEOUT_MS,
);

/** Undefined where the other one cannot compile it: references that only turn in circles, patterns it does not know. */
function otherValidator(schema: JsonObject): ((value: Json) => boolean) | undefined {
  try {
    const validate = new Ajv2020({ strict: false, validateSchema: false, logger: false, ownProperties: true }).compile(
      schema,
    );
    return (value) => {
      try {
        return validate(value) === true;
      } catch {
        return true;
      }
    };
  } catch {
    return undefined;
  }
}
