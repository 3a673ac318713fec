import { editDistance } from "../../engine/source/edit-distance.ts";
import { nameSkeleton } from "./name-skeleton.ts";

/** Names shorter than this are all near each other: for them only looks count. */
const SHORTEST_FOR_EDITS = 5;
const LONG = 9;

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]/g, "");
}

/** Edits below which two names are taken for each other. */
function boundFor(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  if (shorter < SHORTEST_FOR_EDITS) return 0;
  return shorter < LONG ? 1 : 2;
}

/**
 * The well-known name that `name` could be taken for: it looks the same (UTS #39, case, separators) or is a slip of the
 * keyboard away. Undefined for a name that is near none, and for the very name of a well-known one.
 */
export function lookAlike(name: string, wellKnown: Iterable<string>): string | undefined {
  const names = [...wellKnown];
  if (names.includes(name)) return undefined;
  const looks = nameSkeleton(name);
  const letters = plain(name);
  for (const known of names) {
    if (nameSkeleton(known) === looks) return known;
    const other = plain(known);
    const bound = boundFor(letters, other);
    if (bound > 0 && editDistance(letters, other, bound) <= bound) return known;
  }
  return undefined;
}
