import { describe, expect, test } from "vitest";
import { readWorkflows } from "../definition/read-workflows.ts";
import { SOURCE_LIMITS } from "./limits.ts";
import { parseSource } from "./parse.ts";
import { toJson } from "./tree.ts";

/**
 * Processor time, the best of three runs. Far above what reading takes, far below what any of these takes without the
 * caps: it tells a bomb that goes off, not a slow day.
 */
const MOST_MS = 1_500;

function timed(text: string): { ms: number; problems: number; bytes: number } {
  let best = { ms: Number.POSITIVE_INFINITY, problems: 0, bytes: 0 };
  for (let round = 0; round < 3 && best.ms >= MOST_MS; round += 1) {
    const start = process.cpuUsage();
    const { tree, problems } = parseSource(text, "yaml");
    const used = process.cpuUsage(start);
    const ms = (used.user + used.system) / 1_000;
    if (ms < best.ms)
      best = {
        ms,
        problems: problems.length,
        bytes: tree === undefined ? 0 : JSON.stringify(toJson(tree.root)).length,
      };
  }
  return best;
}

function doublings(levels: number, width: number): string {
  const lines = [`a0: &a0 [${Array(width).fill("x").join(", ")}]`];
  for (let level = 1; level < levels; level += 1)
    lines.push(
      `a${level}: &a${level} [${Array(width)
        .fill(`*a${level - 1}`)
        .join(", ")}]`,
    );
  return lines.join("\n");
}

const FULL = SOURCE_LIMITS.bytes - 100;
const fill = (unit: string) => unit.repeat(Math.floor(FULL / unit.length));
const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

const BOMBS: Readonly<Record<string, string>> = {
  "aliases nine by nine": doublings(10, 9),
  "aliases ten by ten": doublings(9, 10),
  "aliases by twos, deep": doublings(45, 2),
  "a hundred aliases of one large list": `big: &b [${Array(4_000).fill(1).join(",")}]\n${numbered(100, (index) => `k${index}: *b`)}`,
  "aliases as map values": `a: &a {k: v}\n${numbered(30, (index) => `b${index}: &b${index} {x: *${index === 0 ? "a" : `b${index - 1}`}, y: *${index === 0 ? "a" : `b${index - 1}`}}`)}`,
  "more aliases than allowed": `a: &a 1\n${numbered(101, (index) => `k${index}: *a`)}`,
  "a cycle": "a: &a {b: *a}",
  "two cycles": "a: &a [&b [*a, *b]]",
  "flow lists in each other": fill("["),
  "flow maps in each other": fill("{a: "),
  "block lists in each other": fill("- "),
  "block maps in each other": numbered(600, (depth) => `${" ".repeat(depth)}a:`),
  "explicit keys": fill("? "),
  "many keys": numbered(20_000, (index) => `k${index}: ${index}`),
  "many items": fill("- a\n"),
  "many flow items": `[${fill("1,")}]`,
  "many anchors": numbered(15_000, (index) => `- &a${index}`),
  "many tags": fill("!!str "),
  "many documents": fill("---\n"),
  "many directives": fill("%X y\n"),
  "many comments": fill("#\n"),
  "one long comment": `#${fill("x")}`,
  "one long key": `${fill("k")}: 1`,
  "one long plain text": `a: ${fill("x y ")}`,
  "plain text over many lines": `a:\n${fill(" x\n")}`,
  "one long quoted text": `a: "${fill("\\n")}"`,
  "an open quote": `a: "${fill("x ")}`,
  "a long block text": `a: |\n${fill("  x\n")}`,
  "blank lines": fill("\n"),
  blanks: fill(" "),
  tabs: fill("\t"),
  "carriage returns": fill("\r"),
  colons: fill(":"),
  dashes: fill("-"),
  "questions and braces": fill("?{"),
  "larger than the cap": `a: ${"x".repeat(SOURCE_LIMITS.bytes)}`,
};

describe("hostile YAML is refused, or small, in time", () => {
  test.each(Object.entries(BOMBS))("%s", (_, text) => {
    const { ms, problems, bytes } = timed(text);
    expect(problems > 0 || bytes <= 2 * SOURCE_LIMITS.bytes).toBe(true);
    expect(ms).toBeLessThan(MOST_MS);
  });
});

test("exactly as many keys and levels as allowed are read; one more is refused", () => {
  const keys = (count: number) =>
    parseSource(
      numbered(count, (index) => `k${index}: ${index}`),
      "yaml",
    ).problems;
  expect(keys(SOURCE_LIMITS.keys)).toEqual([]);
  expect(keys(SOURCE_LIMITS.keys + 1)).toHaveLength(1);
  const deep = (levels: number) =>
    parseSource(`a: ${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}`, "yaml").problems;
  expect(deep(SOURCE_LIMITS.depth)).toEqual([]);
  expect(deep(SOURCE_LIMITS.depth + 1)).toHaveLength(1);
  const json = (levels: number) => parseSource(`${"[".repeat(levels)}${"]".repeat(levels)}`, "json").problems;
  expect(json(SOURCE_LIMITS.depth)).toEqual([]);
  expect(json(10_000)).toHaveLength(1);
});

test("one alias more than allowed is refused", () => {
  const aliases = (count: number) =>
    parseSource(`a: &a 1\n${numbered(count, (index) => `k${index}: *a`)}`, "yaml").problems;
  expect(aliases(SOURCE_LIMITS.aliases)).toEqual([]);
  expect(aliases(SOURCE_LIMITS.aliases + 1)).toHaveLength(1);
});

test("a workflow of eight hundred steps is read", () => {
  const step = (index: number) =>
    `  - {id: s${index}, plugin: p, action: a, input: {v: "{{ steps.s${Math.max(0, index - 1)}.output }}"}}`;
  const text = `name: x\nsteps:\n  - {id: first, plugin: p, action: a}\n${numbered(800, step).replace('steps.s0.output }}"}}\n', 'steps.first.output }}"}}\n')}`;
  const { problems, workflows } = readWorkflows(text, "yaml");
  expect(problems).toEqual([]);
  expect(workflows[0]?.definition.steps).toHaveLength(801);
});

test("a file full of mistakes reports a bounded number of them", () => {
  const { problems } = readWorkflows(`name: x\n${numbered(4_000, (index) => `wrong${index}: 1`)}`, "yaml");
  expect(problems.length).toBeLessThanOrEqual(SOURCE_LIMITS.problems);
  expect(problems.length).toBeGreaterThanOrEqual(SOURCE_LIMITS.problems);
});

test("thousands of unknown names among thousands of similar ones end at the limit of problems", () => {
  const long = (index: number) => `step_with_a_long_name_${String(index).padStart(6, "0")}`;
  const steps = numbered(
    1_200,
    (index) =>
      `  - {id: ${long(index)}, plugin: p, action: "{{ steps.x${long(index)} }}", input: "{{ steps.y${long(index)} }}"}`,
  );
  const { problems } = readWorkflows(`name: x\nsteps:\n${steps}`, "yaml");
  expect(problems).toHaveLength(SOURCE_LIMITS.problems);
});
