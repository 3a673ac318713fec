import { expect, test } from "vitest";
import { runPrice } from "./pricing.ts";

test("a run costs its executions and step runs, and says what is not in it", () => {
  const price = runPrice({ least: 1, most: 1 }, { least: 2, most: 6 });
  expect(price).toMatchObject({ currency: "USD", least: 0.0006, most: 0.001 });
  expect(price.basis).toContain("1 execution and 2 to 6 step runs at list price");
  expect(price.basis).toContain("Compute time");
});

test("what is not bounded has no greatest price", () => {
  expect(runPrice({ least: 1, most: 1 }, { least: 0, most: null })).toMatchObject({ least: 0.0004, most: null });
  expect(runPrice({ least: 1, most: null }, { least: 1, most: 1 })).toMatchObject({ most: null });
  expect(runPrice({ least: 1, most: null }, { least: 1, most: 1 }).basis).toContain(
    "1 or more executions and 1 step run ",
  );
});

test("prices have no noise of binary fractions", () => {
  for (let runs = 0; runs < 50; runs += 1) {
    const { least } = runPrice({ least: 1, most: 1 }, { least: runs, most: runs });
    expect(String(least).length).toBeLessThanOrEqual(6);
  }
});
