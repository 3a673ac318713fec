import { expect, test } from "vitest";
import { readWorkflowValue } from "../../engine/definition/read-workflows.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { Json } from "../../engine/json.ts";
import { queryJson } from "../../engine/steps/transform/query-json.ts";
import { mutateText } from "./mutate-text.ts";
import { FUZZ_TIMEOUT_MS, manyCases } from "./replay.ts";

const SEGMENTS: readonly [string, ...string[]] = [
  ".a",
  "['b']",
  "[0]",
  "[-1]",
  "[*]",
  ".*",
  "..*",
  "..a",
  "..[0]",
  "[0:2]",
  "[::-1]",
  "[1:9007199254740991:3]",
  "[0, 'a', *]",
  "[?@.a]",
  "[?@ == $]",
  "[?@.a > 1 && !@.b]",
  "[?length(@.a) > 1]",
  "[?count(@..*) > 2]",
  "[?match(@.a, '(a|a)*b')]",
  "[?search(@, '[a-z]+')]",
  "[?value(@.a) == 'a']",
  "[?@[?@[?@.a]]]",
  "[?($.a == @.b) || (@.a)]",
];

const DATA: readonly [Json, ...Json[]] = [
  null,
  [],
  { a: "a".repeat(50), b: [{ a: [1, 2, { a: "b" }] }, "text", null] },
  [[[[[[[1]]]]]], { a: { a: { a: { b: 1 } } } }],
  Array.from({ length: 200 }, (_, index) => ({ a: index, b: "x" })),
];

function randomPath(random: RandomSource): string {
  const path = `$${random.times(5, () => random.pick(SEGMENTS)).join("")}`;
  return random.chance(40) ? mutateText(path, SEGMENTS.join(""), random).slice(0, 2_000) : path;
}

const ANY_PATH = "any JSONPath gives a list of parts of the data, or says what is wrong";
test(
  ANY_PATH,
  () => {
    const outcomes = { found: 0, nothing: 0, refused: 0 };
    manyCases("jsonpath", ANY_PATH, 600, (random) => {
      const path = randomPath(random);
      const data = random.pick(DATA);
      const before = JSON.stringify(data);
      const result = queryJson(path, data);
      expect(JSON.stringify(data)).toBe(before);
      if (!result.ok) {
        outcomes.refused += 1;
        expect(result.message, path).not.toBe("");
        return;
      }
      outcomes[result.values.length > 0 ? "found" : "nothing"] += 1;
      expect(JSON.parse(JSON.stringify(result.values)), path).toEqual(result.values);
      for (const value of result.values.slice(0, 20)) expect(before, path).toContain(JSON.stringify(value));
      const steps = [{ id: "a", type: "transform", language: "jsonpath", expression: path }];
      expect(readWorkflowValue({ name: "x", steps }).problems, path).toEqual([]);
    });
    if (process.env.FUZZ_SEED === undefined)
      for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).toBeGreaterThan(20);
  },
  FUZZ_TIMEOUT_MS,
);
