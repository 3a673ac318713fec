const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long after the attempt of this number (from 1) the next one follows: eight in all, over about 28 hours. */
const DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
];

export const MOST_ATTEMPTS = DELAYS_MS.length + 1;
/** What a receiver may ask for with `Retry-After`. */
const LONGEST_WISH_MS = 10 * HOUR_MS;
/** A delay is drawn from 75 to 125 percent of its length, so that what failed together does not come back together. */
const JITTER = 0.5;

/** After how long a delivery is tried again that has failed `tries` times; `luck` is from 0 to 1. */
export function retryDelayMs(tries: number, luck: number, retryAfterMs = 0): number {
  const delay = DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? 0;
  const wish = Math.min(Math.max(0, retryAfterMs), LONGEST_WISH_MS);
  // Who was told the same moment must not all come in it either.
  return Math.round(Math.max(delay * (1 - JITTER / 2 + luck * JITTER), wish * (1 + (luck * JITTER) / 2)));
}
