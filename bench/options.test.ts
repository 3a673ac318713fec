import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("without options there are four rounds of three seconds over every workload", () => {
  expect(readOptions([])).toMatchObject({ rounds: 4, seconds: 3, gate: false, only: [], compare: undefined });
});

test("a gate run is W1 alone", () => {
  expect(readOptions(["--quick", "--gate"])).toMatchObject({ rounds: 1, gate: true, only: ["W1"] });
});

test("a comparison takes exactly two files", () => {
  expect(readOptions(["--compare", "a.json", "b.json"])?.compare).toEqual(["a.json", "b.json"]);
  expect(readOptions(["--compare", "a.json"])).toBeUndefined();
  expect(readOptions(["--compare", "a", "b", "c"])).toBeUndefined();
});

test.each([["--rounds", "0"], ["--rounds", "x"], ["--seconds", "-1"], ["--fast"], ["a.json"]])(
  "%s %s is refused",
  (...args) => {
    expect(readOptions(args)).toBeUndefined();
  },
);
