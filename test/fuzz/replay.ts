import { RandomSource } from "../../engine/expressions/random-source.ts";

/** With FUZZ_SEED only that case runs; FUZZ_TIMES multiplies the number of cases for a longer look (`FUZZ_TIMES=100`). */
const ONLY = process.env.FUZZ_SEED;
const TIMES = Number(process.env.FUZZ_TIMES ?? "1");

/**
 * Runs a property over many seeded cases. What a case that fails says first is the command that repeats it alone: a case depends
 * on its seed and on nothing else.
 */
export function manyCases(file: string, property: string, cases: number, check: (random: RandomSource) => void): void {
  const seeds =
    ONLY === undefined ? Array.from({ length: Math.ceil(cases * TIMES) }, (_, index) => index) : [Number(ONLY)];
  for (const seed of seeds) {
    try {
      check(new RandomSource(seed * 2_654_435_761));
    } catch (error) {
      const command = `FUZZ_SEED=${seed} npx vitest run test/fuzz/${file}.test.ts -t "${property}"`;
      throw new Error(`${command}\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

/** Long runs have as long as they need; the default run ends by its number of cases. */
export const FUZZ_TIMEOUT_MS = TIMES > 1 || ONLY !== undefined ? 3_600_000 : 120_000;
