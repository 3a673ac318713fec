import { expect, test } from "vitest";
import type { FixtureResult } from "../../../engine/fixtures/run-fixture.ts";
import { shortenResults } from "./shorten-results.ts";

function result(name: string, length: number): FixtureResult {
  const text = "x".repeat(length);
  return {
    name,
    passed: false,
    status: "completed",
    outputs: { text },
    expected: { text: "y" },
    differences: [{ path: "/text", expected: "y", actual: text }],
    steps: [{ path: "s", status: "completed", attempts: 1, output: text, error: null }],
    calls: [{ path: "s", action: "a/b.c", attempt: 1, input: text, answered_by: "input", output: text }],
  };
}

test("results are answered in full as long as there is room", () => {
  const results = [result("one", 10), result("two", 10)];
  expect(shortenResults(results)).toEqual(results);
});

test("from where there is no more room, it still says what passed, where it differs and what ran", () => {
  const [one, two, three] = shortenResults([result("one", 10), result("two", 1_000), result("three", 10)], 2_000);
  expect(one).toEqual(result("one", 10));
  expect(two).toMatchObject({ shortened: true, outputs: null, differences: [{ path: "/text" }] });
  expect(JSON.stringify(two).length).toBeLessThan(500);
  expect(three).toMatchObject({
    shortened: true,
    name: "three",
    passed: false,
    steps: [{ path: "s", status: "completed", output: null }],
    calls: [{ action: "a/b.c", input: null }],
  });
  expect(JSON.stringify(three)).not.toContain("xxx");
});
