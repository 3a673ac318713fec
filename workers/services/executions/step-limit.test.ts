import { expect, test } from "vitest";
import { stepLimit } from "./step-limit.ts";

test("a deployment that says nothing keeps the language's limit", () => {
  expect([stepLimit(undefined), stepLimit("")]).toEqual([undefined, undefined]);
});

test.each(["1", "10000", "100000"])("STEP_LIMIT may be %s", (written) => {
  expect(stepLimit(written)).toBe(Number(written));
});

test.each(["0", "100001", "-5", "1e4", "10.5", " 7", "many"])("STEP_LIMIT may not be %s", (written) => {
  expect(() => stepLimit(written)).toThrow("STEP_LIMIT must be a whole number from 1 to 100000");
});
