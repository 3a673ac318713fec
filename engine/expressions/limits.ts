import { ExpressionError } from "./expression-error.ts";

/** The bounds of one evaluation (section 6): node visits and items handled, bytes of UTF-8 text produced, levels of nesting. */
export const LIMITS = { operations: 100_000, text_bytes: 1_048_576, depth: 64 } as const;

export type Limit = keyof typeof LIMITS;

/** How deep data that is only passed along may be when it is compared or printed; what an expression builds is held to `LIMITS.depth`. */
export const WALKED_DEPTH = 1_000;

const BOUND_NAMES: Record<Limit, string> = {
  operations: "100,000 operations",
  text_bytes: "1 MiB of produced text",
  depth: "64 levels of nesting",
};

/** The error of a passed bound. */
export function limitError(limit: Limit): ExpressionError {
  return new ExpressionError(`The expression goes beyond ${BOUND_NAMES[limit]}`, { limit });
}

/** What it costs to produce or record a text of some size, in operations. */
export function workOfText(size: number): number {
  return size >> 4;
}

/** Bytes of a text in UTF-8 (a lone surrogate counts as the three bytes of its replacement). */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      i += 1;
    } else bytes += 2;
  }
  return bytes;
}
