/** Calls at once where nobody says otherwise, and at most (section 15). */
export const CONCURRENT = { usual: 10, most: 100 } as const;

/** How many calls at once a connector or a connection says; undefined where it says nothing that is a number of calls. */
export function concurrentLimit(value: unknown): number | undefined {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) return undefined;
  return Math.min(value, CONCURRENT.most);
}
