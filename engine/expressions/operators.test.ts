import { describe, expect, it } from "vitest";
import { failure, holds, value } from "./evaluate-for-test.ts";

describe("precedence", () => {
  it.each<[string, unknown]>([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ** 3 ** 2", 512],
    ["-2 ** 2", -4],
    ["2 ** -1", 0.5],
    ["-5 | abs", 5],
    ["- 5 | abs", -5],
    ["-inputs.n | abs", -3],
    ["10 - 4 - 3", 3],
    ["100 / 10 / 5", 2],
    ["'a' ~ 1 + 2", "a3"],
    ["inputs.xs | length > 2", true],
    ["1 + inputs.xs | length", 4],
    ["not inputs.n == 4", true],
    ["!inputs.n == false", true],
    ["1 == 1 and 2 == 2 or false", true],
    ["true or false and false", true],
    ["true || false && false", true],
    ["not false and false", false],
    ["1 if true else 2 if true else 3", 1],
    ["false ? 1 : true ? 2 : 3", 2],
    ["1 > 2 ? 'a' : 'b'", "b"],
    ["'a' if 1 > 2 else 'b'", "b"],
    ["'ab' ~ 'c' == 'abc'", true],
    ["'b' in 'a' ~ 'b'", true],
    ["not 1 in [2]", true],
    ["1 not in [2]", true],
    ["inputs.xs | first + 1", 2],
    ["2 * inputs.n ~ 'x'", "6x"],
    ["1 < 2 < 3", true],
    ["3 > 2 > 2", false],
    ["inputs.n is number and inputs.n is not string", true],
    ["1 is defined == true", true],
  ])("%s", (source, expected) => {
    expect(value(source, { n: 3, xs: [1, 2, 3] })).toEqual(expected);
  });

  it("puts a minus before a number into the number, except before **", () => {
    expect(value("[-5 | abs, -2 ** 2, 3 -1, (-2) ** 2, 2 ** -2 ** 0]")).toEqual([5, -4, 2, 4, 0.5]);
  });
});

describe("arithmetic", () => {
  it.each<[string, unknown]>([
    ["7 % 3", 1],
    ["-7 % 3", 2],
    ["7 % -3", -2],
    ["-7 // 2", -4],
    ["7 // 2", 3],
    ["7 / 2", 3.5],
    ["0 * -1", 0],
    ["'a' + 'b'", "ab"],
    ["[1] + [2]", [1, 2]],
    ["1 ~ null ~ true ~ [1, 'x'] ~ {a: 1}", '1true[1,"x"]{"a":1}'],
  ])("%s", (source, expected) => {
    expect(value(source)).toEqual(expected);
    expect(Object.is(value(source), -0)).toBe(false);
  });

  it.each([
    "1 / 0",
    "1 // 0",
    "1 % 0",
    "0 ** -1",
    "10 ** 400",
    "(-1) ** 0.5",
    "1e308 * 10",
    "1 + 'a'",
    "'a' + 1",
    "[1] + 'a'",
    "null + 1",
    "'a' * 3",
    "-'a'",
    "true + 1",
  ])("fails on %s", (source) => {
    expect(failure(() => value(source)).code).toBe("VALIDATION");
  });
});

it("names a division by zero", () => {
  for (const source of ["1 / 0", "0 // 0", "1 % 0"])
    expect(failure(() => value(source)).message).toBe("Division by zero");
});

describe("comparison", () => {
  it.each<[string, boolean]>([
    ["1 == 1.0", true],
    ["1 == '1'", false],
    ["0 == false", false],
    ["null == false", false],
    ["null == inputs.missing", true],
    ["[1, {a: [2]}] == [1, {'a': [2.0]}]", true],
    ["{a: 1, b: 2} == {b: 2, a: 1}", true],
    ["{a: 1} == {a: 1, b: null}", false],
    ["{a: null} == {b: null}", false],
    ["[] == {}", false],
    ["'a' < 'b'", true],
    ["2 < 10", true],
    ["'x' in {x: null}", true],
    ["'toString' in {x: 1}", false],
    ["{a: 1} in [{a: 1}]", true],
    ["1 in null", false],
  ])("%s is %s", (source, expected) => {
    expect(value(source)).toBe(expected);
  });

  it.each(["1 < '2'", "null > 1", "[1] < [2]", "1 in 'a'", "1 in 5"])("fails on %s", (source) => {
    expect(failure(() => value(source)).code).toBe("VALIDATION");
  });
});

describe("logic", () => {
  it("yields an operand", () => {
    expect(value("[0 or 'x', '' or null, 1 and 2, 0 and 2, null || [1], 1 && '']")).toEqual(["x", null, 2, 0, [1], ""]);
  });

  it("does not evaluate what it does not need", () => {
    expect(value("false and 1 / 0")).toBe(false);
    expect(value("true ? 1 : 1 / 0")).toBe(1);
  });

  it("has Jinja's truth", () => {
    for (const no of ["null", "false", "0", "''", "[]", "{}", "inputs.missing", "0.0"])
      expect(holds(no), no).toBe(false);
    for (const yes of ["true", "1", "-1", "' '", "'0'", "'false'", "[0]", "{a: null}"])
      expect(holds(yes), yes).toBe(true);
  });
});
