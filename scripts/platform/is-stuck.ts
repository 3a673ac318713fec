/** How much longer than one that computes a sandbox may be silent that computes nothing: it may only not be let. */
const LONGER = 8;
/** What a loop gets of a core at the least, on a machine that is crowded. */
const LEAST_SHARE = 0.25;

/**
 * Whether a sandbox that does not answer is in somebody's loop. On a crowded machine it may be silent because nobody lets it
 * compute: it is stuck when it has computed meanwhile. `computedMs`: undefined where nobody can say.
 */
export function isStuck(silentMs: number, computedMs: number | undefined, stuckMs: number): boolean {
  if (silentMs <= stuckMs) return false;
  return computedMs === undefined || computedMs >= stuckMs * LEAST_SHARE || silentMs > stuckMs * LONGER;
}
