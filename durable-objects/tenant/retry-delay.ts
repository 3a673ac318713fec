const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** How long after the try of this number (from 1) a cell that did not answer is told again. */
export function retryDelayMs(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (Math.min(tries, 10) - 1));
}
