/** Upper bounds of the histogram of durations, in seconds. Counts are kept by their numbers: append-only, and in this order. */
export const DURATION_BOUNDS_S = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600, 86_400] as const;
