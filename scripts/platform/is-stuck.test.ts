import { expect, test } from "vitest";
import { isStuck } from "./is-stuck.ts";

test("a sandbox is stuck when it has computed as long as it was silent, not when nobody let it compute", () => {
  expect(isStuck(5_100, 5_000, 5_000)).toBe(true);
  expect(isStuck(5_100, 1_300, 5_000), "in a loop, on a crowded machine").toBe(true);
  expect(isStuck(5_100, 120, 5_000), "waiting for a core").toBe(false);
  expect(isStuck(4_900, 4_900, 5_000)).toBe(false);
});

test("where nobody can say what it computed, and where it is silent for very long, its silence is enough", () => {
  expect(isStuck(5_100, undefined, 5_000)).toBe(true);
  expect(isStuck(40_100, 0, 5_000)).toBe(true);
});
