/**
 * What a source text may cost before it is refused (reliability T11). Counted before anything is built, so that a small
 * text cannot become a large tree.
 */
export const SOURCE_LIMITS = {
  bytes: 256 * 1024,
  depth: 64,
  /** Map keys of the whole text, counted as written. */
  keys: 5_000,
  /** Map keys and list items together, as written. */
  entries: 10_000,
  aliases: 100,
  /** Tokens of any kind, comments and line breaks included: what cutting the text into them may cost. */
  tokens: 60_000,
  /** Nodes after every alias has been replaced by what it stands for. */
  expandedNodes: 30_000,
  /** Problems of one text that are reported; the rest would say the same. */
  problems: 100,
} as const;

/** UTF-8 length of a text, without encoding it. A lone surrogate counts as its replacement character. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
