import { expect, test } from "vitest";
import { parse } from "yaml";
import { durationMs, LONGEST_DURATION_MS } from "../../engine/definition/duration.ts";
import { durationSchema } from "../../engine/definition/field-kinds.ts";
import { compileCondition, compileTemplate, compileValue } from "../../engine/expressions/compile.ts";
import { ExpressionError } from "../../engine/expressions/expression-error.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import { type CompileResult, LazyMap, type Scope } from "../../engine/expressions/types.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { corpus } from "./corpus.ts";
import { EVERY_KIND } from "./every-kind.ts";
import { mutateText } from "./mutate-text.ts";
import { FUZZ_TIMEOUT_MS, manyCases } from "./replay.ts";

/** Every text of the corpus that holds a template. */
const TEMPLATES: readonly string[] = [
  ...new Set(
    [...corpus(), ...EVERY_KIND].flatMap(({ text }) => textsOf(parse(text))).filter((text) => /\{[{%]/.test(text)),
  ),
];

/** Small texts of much work. */
const GROWING: readonly [string, ...string[]] = [
  "{% for a in range(9999) %}{% for b in range(9999) %}{{ loop.index }}{% endfor %}{% endfor %}",
  "{% set x = 'aaaaaaaa' %}{% for i in range(100) %}{% set x = x ~ x %}{% endfor %}{{ x }}",
  "{% for a in range(9999) %}{% for b in range(99) %}{% set y = steps.a.b.c %}{% endfor %}{% endfor %}",
  "{% for i in steps %}{{ steps[i].output | json }}{% endfor %}",
  "{{ steps | items | map('first') | join(',') }}",
  "{{ range(9999) | map('string') | map('length') | sum }}",
];

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsOf) : [];
}

/** Data that is looked up when it is read: counts how often, whatever the evaluator itself thinks it did. */
class CountedMap extends LazyMap {
  reads = 0;

  override get(name: string): Json | LazyMap | undefined {
    this.reads += 1;
    return name.length > 40
      ? undefined
      : name.startsWith("x")
        ? { output: [1, 2, { a: name }], status: "success" }
        : this;
  }

  override json(): Json {
    this.reads += 1;
    return { output: { a: 1 }, status: "success" };
  }
}

/** What the language document allows one evaluation. */
const MOST_OPERATIONS = 100_000;

function evaluated(result: Extract<CompileResult, { ok: true }>, strict: boolean): "value" | "failed" {
  const steps = new CountedMap();
  const roots: JsonObject = { inputs: { n: 1, xs: [1, 2, 3], t: "a" }, item: { a: 1 }, index: 0, today: "2026-01-01" };
  const scope: Scope = {
    root: (name) => (name === "steps" ? steps : roots[name]),
    now: 0,
    seed: "seed",
    strict,
  };
  try {
    const value = result.compiled.evaluate(scope);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    expect(typeof result.compiled.test(scope)).toBe("boolean");
    return "value";
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    expect(error.message.length).toBeLessThan(2_000);
    return "failed";
  } finally {
    expect(steps.reads).toBeLessThan(2 * MOST_OPERATIONS);
  }
}

const ANY_TEMPLATE = "any change of a real template is refused at a place inside of it, or evaluates within its bounds";
test(
  ANY_TEMPLATE,
  () => {
    const outcomes = { refused: 0, value: 0, failed: 0 };
    manyCases("expressions", ANY_TEMPLATE, 2_500, (random) => {
      const [first = "", other = ""] = [TEMPLATES, TEMPLATES].map((list) => list[random.below(list.length)]);
      const start = random.chance(10) ? random.pick(GROWING) : first;
      const source = random.chance(10) ? start : mutateText(start, other, random).slice(0, 20_000);
      const compile = random.pick([compileTemplate, compileCondition, (text: string) => compileValue({ a: [text] })]);
      const result = compile(source);
      if (result.ok) {
        for (const { offset, root } of result.compiled.references) {
          expect(offset).toBeLessThan(source.length);
          expect(source.slice(offset), source).toContain(root);
        }
        outcomes[evaluated(result, random.chance(30))] += 1;
        return;
      }
      outcomes.refused += 1;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const { offset, length } of result.problems)
        expect(offset >= 0 && length >= 0 && offset + length <= source.length + 1, JSON.stringify(source)).toBe(true);
    });
    if (process.env.FUZZ_SEED === undefined)
      for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).toBeGreaterThan(50);
  },
  FUZZ_TIMEOUT_MS,
);

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

function randomDuration(random: RandomSource): { text: string; ms: number } {
  let ms = 0;
  const parts = Array.from({ length: 1 + random.below(3) }, () => {
    const unit = random.pick(["ms", "s", "m", "h", "d", "w"]);
    const amount = random.below(random.chance(50) ? 10 : 2_000) / (random.chance(20) ? 4 : 1);
    ms += amount * (UNITS[unit] ?? 0);
    return `${amount}${random.chance(20) ? " " : ""}${unit}${random.chance(20) ? " " : ""}`;
  });
  return { text: parts.join(""), ms };
}

const ANY_DURATION = "a duration is what its parts add up to, and the schema knows the same texts";
test(
  ANY_DURATION,
  () => {
    const patterns = (durationSchema(0).anyOf as JsonObject[]).flatMap(({ pattern }) =>
      typeof pattern === "string" ? [new RegExp(pattern, "u")] : [],
    );
    let refused = 0;
    manyCases("expressions", ANY_DURATION, 5_000, (random) => {
      const { text, ms } = randomDuration(random);
      const expected = ms <= LONGEST_DURATION_MS && text.trim().length <= 40 ? Math.round(ms) : undefined;
      expect(durationMs(text), text).toBe(expected);
      if (expected !== undefined) expect(durationMs(expected / 1_000)).toBe(expected);
      const odd = mutateText(text, "1h", random).slice(0, 60);
      const read = durationMs(odd);
      if (read === undefined) refused += 1;
      else {
        expect(Number.isSafeInteger(read) && read >= 0 && read <= LONGEST_DURATION_MS, odd).toBe(true);
        expect(
          patterns.some((pattern) => pattern.test(odd)),
          odd,
        ).toBe(true);
      }
    });
    if (process.env.FUZZ_SEED === undefined) expect(refused).toBeGreaterThan(1_000);
  },
  FUZZ_TIMEOUT_MS,
);
