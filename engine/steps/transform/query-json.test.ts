import { expect, test } from "vitest";
import type { Json } from "../../json.ts";
import { queryJson } from "./query-json.ts";

function found(expression: string, data: Json): Json {
  const result = queryJson(expression, data);
  return result.ok ? result.values : result.message;
}

test("what a JSONPath finds comes in document order, filters and functions included", () => {
  const data = {
    a: [
      { n: "ab", v: 1 },
      { n: "b", v: 2 },
      { n: 5, v: 3 },
    ],
  };
  expect(found("$.a[*].v", data)).toEqual([1, 2, 3]);
  expect(found("$.a[?match(@.n, 'a?b')].v", data)).toEqual([1, 2]);
  expect(found("$.a[?match(@.n, 'a')].v", data)).toEqual([]);
  expect(found("$.a[?search(@.n, 'a')].v", data)).toEqual([1]);
  expect(found("$.a[?count($..v) == 3 && @.v > 1].v", data)).toEqual([2, 3]);
});

test("data that nests as deeply as data may is searched to its end", () => {
  let deep: Json = { end: true };
  for (let level = 0; level < 100; level += 1) deep = [deep];
  expect(found("$..end", deep)).toEqual([true]);
});

let tree: Json = 1;
for (let level = 0; level < 11; level += 1) tree = [tree, tree];
const TREE = tree;
const WIDE: Json = Array.from({ length: 300 }, (_, index) => ({ v: [index, [index]] }));

test.each([
  ["descending again and again", "$..*..*..*..*..*..*", TREE],
  ["a filter that looks at everything for everything", "$..[?count($..*) == 0]", WIDE],
  ["filters in filters", "$..[?count($..[?count($..*) == 0]) == 0]", WIDE],
  ["a pattern that backtracks without end", "$[?match(@, '(a|a)*b')]", Array(50_000).fill("a".repeat(400))],
])("%s ends with a message", (_, expression, data) => {
  expect(found(expression, data)).toMatch(/looks at more than/);
});

test("a pattern on which a matcher that backtracks would hang is only counted", () => {
  expect(found("$[?match(@, '(a|a)*b')]", ["a".repeat(60), "aab"])).toEqual(["aab"]);
});
