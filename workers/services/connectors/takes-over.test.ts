import { expect, test } from "vitest";
import { takesOver } from "./takes-over.ts";

test.each([
  [null, null, "1.0.0", true],
  [null, null, "1.0.0-beta.1", true],
  ["1.0.0", null, "1.1.0", true],
  ["1.0.0", null, "0.9.0", false],
  ["1.0.0", null, "2.0.0-beta.1", false],
  ["1.0.0-beta.1", null, "1.0.0-beta.2", true],
  ["1.0.0-beta.1", null, "1.0.0", true],
  ["2.0.0", "~2.0.0", "2.0.1", true],
  ["2.0.0", "~2.0.0", "2.1.0", false],
  ["2.0.0", "2.0.0", "2.0.1", false],
  ["2.1.0", "^3.0.0-beta.1 || ~2.1.0", "3.0.0-beta.2", false],
  ["2.1.0", "^3.0.0-beta.1 || ~2.1.0", "3.0.0", true],
  ["3.0.0-beta.1", "^3.0.0-beta.1", "3.0.0-beta.2", true],
])("over %s, asked for as %s, the published %s takes over: %s", (installed, range, version, expected) => {
  expect(takesOver({ installed, range }, version)).toBe(expected);
});
