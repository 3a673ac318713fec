import { expect, it } from "vitest";
import type { Json, JsonObject } from "../json.ts";
import { compileTemplate, compileValue } from "./compile.ts";
import { scopeOf } from "./evaluate-for-test.ts";
import { ExpressionError } from "./expression-error.ts";
import { FUNCTIONS } from "./functions/all-functions.ts";
import { utf8Length } from "./limits.ts";
import { RandomSource } from "./random-source.ts";
import { TESTS } from "./tests.ts";

const KEYS = ["a", "b", "constructor", "__proto__", "toString", "0", "$secret", "length", "é"] as const;
const BINARY = [
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "**",
  "~",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "not in",
  "and",
  "or",
  "&&",
  "||",
] as const;
const FUNCTION_NAMES = [...FUNCTIONS.keys()] as [string, ...string[]];
const TEST_NAMES = [...TESTS.keys()] as [string, ...string[]];
const SCALARS: readonly [string, ...string[]] = [
  "0",
  "-1",
  "3",
  "2.5",
  "1e308",
  "99999999",
  "true",
  "null",
  "''",
  "'a'",
  "'a.b'",
  "'🌤 é'",
  "'__proto__'",
  "'constructor'",
  "'%Y'",
  "'2026-01-01'",
  "'[[1]]'",
  "'even'",
  "'upper'",
  "'\\ud800'",
];

class Grammar {
  private readonly random: RandomSource;

  constructor(random: RandomSource) {
    this.random = random;
  }

  expression(depth: number): string {
    const { random } = this;
    const inner = (): string => this.expression(depth - 1);
    if (depth <= 0)
      return random.pick([
        random.pick(SCALARS),
        `inputs.${random.pick(["n", "t", "xs", "m", "big", "deep", "people"])}`,
        "secrets.A",
        "item",
        "now",
        "x",
        "inputs",
      ]);
    const shapes: [() => string, ...(() => string)[]] = [
      () => `${inner()} ${random.pick(BINARY)} ${inner()}`,
      () => `(${inner()})`,
      () => `${inner()} | ${this.call(depth, 1)}`,
      () => `${inner()} | ${this.call(depth, 1)}`,
      () => this.call(depth, 0),
      () => `(${inner()})[${inner()}]`,
      () => `(${inner()}).${random.pick(["a", "b", "constructor", "__proto__", "0"])}`,
      () => `[${random.times(3, inner).join(", ")}]`,
      () =>
        `{${random.times(2, () => `${random.chance(50) ? `'${random.pick(KEYS)}'` : `(${inner()})`}: ${inner()}`).join(", ")}}`,
      () => `${inner()} is ${random.chance(30) ? "not " : ""}${this.test(depth)}`,
      () => `${inner()} if ${inner()} else ${inner()}`,
      () => `(${inner()}) ? ${inner()} : ${inner()}`,
      () => `${random.pick(["not ", "!", "-"])}${inner()}`,
    ];
    return random.pick(shapes)();
  }

  statement(depth: number): string {
    const { random } = this;
    const body = (): string => (depth <= 0 ? "." : random.times(3, () => this.statement(depth - 1)).join(""));
    return random.pick<() => string>([
      () => `{{ ${this.expression(2)} }}`,
      () => "text\n",
      () => `{% for x in ${this.expression(1)} %}${body()}{% else %}${body()}{% endfor %}`,
      () => `{% for x in range(${random.pick([3, 50, 9_999])}) %}${body()}{% endfor %}`,
      () => `{% if ${this.expression(2)} %}${body()}{% endif %}`,
      () => `{% set x = ${this.expression(2)} %}`,
    ])();
  }

  /** Mostly with as many arguments as the function takes. */
  private call(depth: number, piped: number): string {
    const { random } = this;
    const row = FUNCTIONS.get(random.pick(FUNCTION_NAMES));
    const places = row?.parameters.filter(({ keyword }) => keyword !== true) ?? [];
    const needed = places.filter((parameter) => parameter.default === undefined).length;
    const count = random.chance(3) ? random.below(5) : needed + random.below(places.length - needed + 1);
    const args = Array.from({ length: Math.max(0, count - piped) }, () => this.expression(depth - 1));
    return `${row?.name ?? ""}(${args.join(", ")})`;
  }

  private test(depth: number): string {
    const name = this.random.pick(TEST_NAMES);
    return TESTS.get(name)?.argument === true ? `${name} (${this.expression(depth - 1)})` : name;
  }
}

function depthOf(value: Json): number {
  if (value === null || typeof value !== "object") return 0;
  return 1 + Object.values(value).reduce<number>((deepest, inner) => Math.max(deepest, depthOf(inner)), 0);
}

const INPUTS: JsonObject = {
  n: 7,
  t: "some text",
  xs: [3, 1, 2],
  m: { a: 1, b: { a: [] }, constructor: "data" },
  big: "long ".repeat(30_000),
  deep: JSON.parse("[".repeat(50) + "]".repeat(50)),
  people: [{ a: "x", b: 1 }, { a: "y" }],
};

it("20,000 made-up sources stay within the bounds and throw nothing but ExpressionError", () => {
  const random = new RandomSource(20_261_023);
  const grammar = new Grammar(random);
  const outcomes = { refused: 0, failed: 0, evaluated: 0, limited: 0 };
  const roots: JsonObject = { inputs: INPUTS, secrets: { A: { $secret: { name: "A" } } }, item: { a: 1 } };
  for (let i = 0; i < 20_000; i += 1) {
    const prelude = "{% set x = 1 %}";
    const source = random.chance(60)
      ? `{{ ${grammar.expression(3).replace(/\bx\b/g, "item")} }}`
      : prelude + random.times(4, () => grammar.statement(2)).join("");
    const result = random.chance(50) ? compileTemplate(source) : compileValue({ a: [source] });
    if (!result.ok) {
      outcomes.refused += 1;
      expect(result.problems.length, source).toBeGreaterThan(0);
      continue;
    }
    const { compiled } = result;
    const scope = scopeOf(roots, random.chance(30));
    try {
      const value = compiled.evaluate(scope);
      outcomes.evaluated += 1;
      expect(JSON.stringify(compiled.evaluate(scope)), source).toBe(JSON.stringify(value));
      if (depthOf(value) > 64 + 52) expect.fail(`too deep: ${source}`);
      if (typeof value === "string" && value !== INPUTS.big)
        expect(utf8Length(value), source).toBeLessThanOrEqual(1_048_576);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw new Error(`${source} threw ${String(error)}`, { cause: error });
      if (error.details?.limit === "depth") expect.fail(`a stack ran out: ${source}`);
      if (error.details?.limit !== undefined) outcomes.limited += 1;
      outcomes.failed += 1;
    }
  }
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  for (const [outcome, least] of [
    ["refused", 100],
    ["failed", 1_000],
    ["evaluated", 2_000],
    ["limited", 50],
  ] as const) {
    expect(outcomes[outcome], `${outcome} ${JSON.stringify(outcomes)}`).toBeGreaterThan(least);
  }
}, 60_000);

it("20,000 garbled sources are compiled or refused, never thrown at", () => {
  const random = new RandomSource(7);
  const pieces: readonly [string, ...string[]] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "\\",
    "a",
    "inputs",
    "if",
    "else",
    "for",
    "in",
    "endfor",
    "endif",
    "set",
    "raw",
    "endraw",
    " ",
    "\n",
    "|",
    ".",
    "1",
    "=",
    ":",
    ",",
    "?",
    "is",
    "not",
    "\u0000",
    "é",
    "🌤",
    "\ud800",
    "**",
    "elif",
  ];
  for (let i = 0; i < 20_000; i += 1) {
    const source = Array.from({ length: 1 + random.below(14) }, () => random.pick(pieces)).join("");
    const result = compileTemplate(source);
    if (!result.ok)
      for (const { offset, length } of result.problems)
        expect(offset >= 0 && offset + length <= source.length + 1, JSON.stringify(source)).toBe(true);
  }
}, 60_000);
