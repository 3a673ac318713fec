import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

test("a word with one slip finds the name that was meant", () => {
  expect(nearestName("conector", ["action", "connector", "condition"])).toBe("connector");
  expect(nearestName("stpes", ["steps", "inputs"])).toBe("steps");
});

test("case and separators do not count", () => {
  expect(nearestName("maxConcurrency", ["timeout", "max_concurrency"])).toBe("max_concurrency");
});

test("a word that is far from every name has no suggestion", () => {
  expect(nearestName("banana", ["steps", "inputs"])).toBeUndefined();
  expect(nearestName("xy", ["steps", "ab"])).toBeUndefined();
  expect(nearestName("", ["steps"])).toBeUndefined();
});

test("the nearest wins, and the first of equals", () => {
  expect(nearestName("input", ["output", "inputs"])).toBe("inputs");
  expect(nearestName("cat", ["bat", "rat"])).toBe("bat");
});

test("very long words cost nothing", () => {
  expect(nearestName("x".repeat(100_000), ["steps"])).toBeUndefined();
});
