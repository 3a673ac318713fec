import { expect, test } from "vitest";
import { simulateSeed } from "./simulate-seed.ts";
import { count, emptyTally, gaps, report } from "./tally.ts";

/** The gate plays 20,000 (`npm run simulate`); these are the first of them. */
const SEEDS = 1_000;

test("random workflows under faults end, forget nothing, and do nothing twice", { timeout: 600_000 }, () => {
  const tally = emptyTally();
  for (let seed = 1; seed <= SEEDS; seed++) count(tally, simulateSeed(seed));
  expect(tally.failures, report(tally)).toEqual([]);
  expect(gaps(tally)).toEqual([]);
});

test("a seed always plays the same", () => {
  for (const seed of [3, 33, 333]) expect(simulateSeed(seed).log).toEqual(simulateSeed(seed).log);
});
