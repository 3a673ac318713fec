import { describe, expect, test } from "vitest";
import { runProgram } from "./pattern-machine.ts";
import { PatternCompiler } from "./pattern-program.ts";
import { compilePattern } from "./pattern.ts";

const PATTERNS = [
  "^(?:a*b|c)$",
  "^(a{0,2}b|c|d+)$",
  "^(?:(?:a|b)*c|ab)$",
  "^[A-Z]{3}$",
  "a|b",
  "^(a|b)*c$",
  "^a{2,3}$",
  "a{0}b",
  "(?:ab)+",
  "^(?<year>\\d{4})-\\d{2}$",
  "\\bword\\b",
  "\\Bx",
  "x\\B",
  "^[^@\\s]+@[^@\\s]+$",
  ".",
  "^.$",
  "^..$",
  "\\.",
  "[\\]a]",
  "[a-c-]",
  "\\u0041",
  "\\u{1F600}",
  "\\uD83D\\uDE00",
  "😀+",
  "\\p{Lu}\\P{Lu}",
  "\\x41?",
  "^$",
  "",
  "a??b",
  "(a*)*b",
  "(a|a)*$",
  "(|a)+b",
  "((a{1,2}){1,2})c",
  "^(?:a|ab)(?:c|bcd)$",
  "\\d+\\.\\d*",
  "[\\d_]+$",
  "a||b",
  "^(x+x+)+y",
  "\\t|\\n",
  "\\/",
];
const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "abc",
  "aab",
  "aaa",
  "aaaa",
  "ABC",
  "ABCD",
  "2026-11",
  "a word b",
  "sword",
  "xx",
  "a@b",
  "a @b",
  "\n",
  "]",
  "-",
  "😀",
  "😀😀",
  "Ab",
  "A",
  "aaaab",
  "abcd",
  "acc",
  "1.",
  "1.25",
  "_",
  "xxxy",
  "aac",
  "aaaac",
  "aaaaac",
  "\t",
  "/",
  "é",
  "\ud83d",
];

test("the machine agrees with the engine's own expressions", () => {
  for (const pattern of PATTERNS) {
    const program = new PatternCompiler(pattern).compile();
    for (const text of TEXTS) {
      const expected = new RegExp(pattern, "u").test(text);
      expect([pattern, text, runProgram(program, text)]).toEqual([pattern, text, expected]);
    }
  }
});

describe("patterns that would hang a backtracking engine", () => {
  test.each([
    ["^(a+)+$", `${"a".repeat(50_000)}!`],
    ["^(a|a)*$", `${"a".repeat(50_000)}!`],
    ["(x+x+)+y", "x".repeat(50_000)],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(50_000)],
    ["a*a*a*a*a*b", "a".repeat(50_000)],
    ["[a-z]*x", "a".repeat(500_000)],
    ["(a{0,20}){0,20}b", "a".repeat(100_000)],
  ])("%s", (pattern, text) => {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) throw new Error(compiled.message);
    // That it ends is the test: with backtracking none of these does before the time limit of a test.
    expect(compiled.test(text)).not.toBe(true);
  });
});

test("only patterns whose backtracking is bounded by a square run natively", () => {
  const simple = (pattern: string): boolean | undefined => {
    const compiled = compilePattern(pattern);
    return compiled.ok ? compiled.simple : undefined;
  };
  expect(["^[a-z]+$", "^[A-Z]{3}$", "^[^@]+@[^@]+$", "a+b", "^(a|b)$"].map(simple)).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(["^(a|a)*$", "(a|a){0,50}b", "a*a*b", "^a*a*a*b"].map(simple)).toEqual([false, false, false, false]);
});

test.each([
  "(?=a)b",
  "(?!a)",
  "(?<=a)b",
  "(a)\\1",
  "(?<n>a)\\k<n>",
  "(",
  "a{2,1}",
  "\\",
  "[",
  "(a{100}){100}",
  `${"(".repeat(100)}a${"){1}".repeat(100)}`,
  "x".repeat(1_001),
])("%s is refused", (pattern) => {
  expect(compilePattern(pattern).ok).toBe(false);
});
