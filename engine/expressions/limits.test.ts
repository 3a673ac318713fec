import { describe, expect, it } from "vitest";
import { compileExpression, compileTemplate, compileValue } from "./compile.ts";
import { failure, problemsOf, rendered, value } from "./evaluate-for-test.ts";

const nested = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels);

describe("operations", () => {
  it("are at most 100,000, in loops and in functions", () => {
    const loop = (n: number): string => `{% for i in range(${n}) %}{{ i }}{% endfor %}`;
    expect(String(rendered(loop(20_000))).length).toBe(88_890);
    for (const source of [
      loop(60_000),
      "{{ range(100001) | length }}",
      "{{ range(1000000000) | length }}",
      "{{ inputs.t | split('') | length }}",
    ]) {
      expect(failure(() => rendered(source, { t: "a".repeat(200_000) })).details, source).toEqual({
        limit: "operations",
      });
    }
  });

  it("count what is compared inside of large values", () => {
    const big = Array.from({ length: 2_000 }, (_, index) => index);
    expect(
      failure(() =>
        rendered("{% for i in range(1000) %}{% if inputs.a == inputs.b %}{% endif %}{% endfor %}", {
          a: big,
          b: [...big],
        }),
      ).details,
    ).toEqual({ limit: "operations" });
    expect(
      failure(() =>
        rendered("{% for i in range(9999) %}{{ 'x' in inputs.t }}{% endfor %}", { t: "a".repeat(1_000_000) }),
      ).details,
    ).toEqual({ limit: "operations" });
  });
});

describe("produced text", () => {
  it("is at most 1 MiB of UTF-8", () => {
    const mebibyte = "a".repeat(1_048_576);
    expect(rendered("{{ inputs.t }}{{ '' }}", { t: mebibyte })).toBe(mebibyte);
    expect(rendered("{{ inputs.t }}", { t: `${mebibyte}a` })).toBe(`${mebibyte}a`);
    for (const source of [
      "{{ inputs.t }}a",
      "{{ inputs.t ~ 'a' }}",
      "{{ inputs.t + 'a' }}",
      "{{ inputs.t | replace('a', 'aa') | length }}",
      "{{ inputs.t | json }}",
      "{{ [inputs.t] }}.",
      "{{ [inputs.t, 1] | join('x') }}",
      "{{ inputs.t | urlencode }}{{ inputs.t }}",
    ]) {
      expect(["text_bytes", "operations"], source).toContain(
        failure(() => rendered(source, { t: mebibyte })).details?.limit,
      );
    }
    expect(failure(() => rendered("{{ inputs.t }}.", { t: "é".repeat(600_000) })).details).toEqual({
      limit: "text_bytes",
    });
    expect(
      failure(() => rendered("{% for i in range(2000) %}{{ inputs.t }}{% endfor %}", { t: "x".repeat(1_000) })).details,
    ).toEqual({ limit: "text_bytes" });
  });
});

it("replaced text is counted before it is made", () => {
  const inputs = { t: "ab".repeat(1_000), by: "x".repeat(100_000) };
  expect(failure(() => value("inputs.t | replace('a', inputs.by) | length", inputs)).details).toEqual({
    limit: "text_bytes",
  });
});

describe("depth", () => {
  it("of an expression is at most 64", () => {
    for (const [open, close] of [
      ["(", ")"],
      ["[", "]"],
    ] as const) {
      const inner = open === "(" ? "1" : "";
      expect(compileExpression(open.repeat(64) + inner + close.repeat(64)).ok, open).toBe(true);
      expect(problemsOf(compileExpression(open.repeat(65) + inner + close.repeat(65)))[0]).toContain("64 levels");
    }
    for (const source of [
      `${"-".repeat(5_000)}inputs`,
      `${"not ".repeat(5_000)}1`,
      "1 ? ".repeat(5_000),
      nested(50_000, "[", "]"),
      "{a:".repeat(5_000),
      "upper(".repeat(5_000),
      `2${" ** 2".repeat(5_000)}`,
      `1${" is defined".repeat(5_000)}`,
    ]) {
      expect(compileExpression(source).ok).toBe(false);
    }
    expect(problemsOf(compileTemplate(`${"{% if 1 %}".repeat(65)}${"{% endif %}".repeat(65)}`))[0]).toContain(
      "64 levels",
    );
  });

  it("does not count what is long but not nested", () => {
    expect(value(`1${" + 1".repeat(5_000)}`)).toBe(5_001);
    expect(value(`'a'${" | upper".repeat(5_000)}`)).toBe("A");
    expect(value(`true${" and true".repeat(5_000)}`)).toBe(true);
    expect(value(`inputs${".a".repeat(5_000)}`)).toBe(null);
    expect(value(`1${" == 1".repeat(5_000)}`)).toBe(true);
  });

  it("of the data that an expression builds is at most 64", () => {
    const wraps = (n: number): string => `{% set a = 1 %}${"{% set a = [a] %}".repeat(n)}{{ a }}`;
    expect(rendered(wraps(64))).toBe(`${"[".repeat(64)}1${"]".repeat(64)}`);
    expect(problemsOf(compileTemplate(wraps(65)))[0]).toContain("64 levels");
    expect(value("fromjson(inputs.t) | length", { t: nested(64, "[", "]") })).toBe(1);
    expect(failure(() => value("fromjson(inputs.t)", { t: nested(65, "[", "]") })).details).toEqual({ limit: "depth" });
    expect(compileValue(JSON.parse(nested(65, "[", "]"))).ok).toBe(false);
  });

  it("of data that is only passed along is no matter, and comparing or printing it never breaks the stack", () => {
    const deep = JSON.parse(nested(100_000, "[", "]"));
    expect(value("inputs.d", { d: deep })).toBe(deep);
    for (const source of [
      "inputs.d == inputs.e",
      "inputs.d | json",
      "inputs.d ~ ''",
      "[inputs.d] | unique",
      "inputs.d in [inputs.e]",
    ]) {
      expect(
        failure(() => value(source, { d: deep, e: JSON.parse(nested(100_000, "[", "]")) })).details,
        source,
      ).toEqual({ limit: "depth" });
    }
  });
});
