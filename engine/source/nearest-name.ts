import { editDistance } from "./edit-distance.ts";

/** Case and word separators do not count: `maxConcurrency` and `max_concurrency` are the same word. */
function folded(word: string): string {
  return word.toLowerCase().replaceAll(/[_\-\s]/g, "");
}

/** What one suggestion may cost: a file can be full of unknown words and of names to compare them with. */
const LONGEST_WORD = 40;
const MOST_CANDIDATES = 500;

/**
 * The candidate that `word` was probably meant to be: at most a third of its letters away (one edit for words of up to
 * three letters), the nearest first, the first listed on a tie. Undefined when none is near.
 */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > LONGEST_WORD) return undefined;
  const wanted = folded(word);
  const bound = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = bound + 1;
  let compared = 0;
  for (const candidate of candidates) {
    compared += 1;
    if (compared > MOST_CANDIDATES) break;
    if (candidate.length > LONGEST_WORD) continue;
    const distance = editDistance(wanted, folded(candidate), bestDistance - 1);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
      if (distance === 0) break;
    }
  }
  return best;
}
