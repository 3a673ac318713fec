/** Edits between two words (insert, delete, replace, swap of neighbours), or `bound + 1` when there are more. */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
      if (cost < least) least = cost;
    }
    if (least > bound) return bound + 1;
    before = row;
    row = next;
  }
  return row[b.length] ?? bound + 1;
}

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
