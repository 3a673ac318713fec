/** The value below which the share `at` (0 to 1) of an ascending list lies; 0 of an empty list. */
export function percentile(ascending: readonly number[], at: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * at))] ?? 0;
}

/** The middle value; the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = (ascending.length - 1) / 2;
  return ((ascending[Math.floor(middle)] ?? 0) + (ascending[Math.ceil(middle)] ?? 0)) / 2;
}
