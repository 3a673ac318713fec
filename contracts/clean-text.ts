import * as z from "zod";

/** Control characters and halves of surrogate pairs: refused in names, ids and queries (section 20). */
const UNCLEAN = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** True for text that may stand in a name, id or query. */
export function isCleanText(text: string): boolean {
  return !UNCLEAN.test(text);
}

/** A name or id: 1 to `max` characters, none of them a control character. */
export function cleanText(max: number) {
  return z.string().min(1).max(max).refine(isCleanText, "must not hold control characters.");
}
