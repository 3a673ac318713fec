/** Nobody is told what happened before it was asked for; clocks of two objects differ by less than this. */
export const SKEW_MS = 5_000;
