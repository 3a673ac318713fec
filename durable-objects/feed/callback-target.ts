const BUCKETS = 32;

/** Callbacks of one host share what their receiver may take at once; hosts are without number, so they share buckets. */
export function callbackTarget(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  let hash = 0;
  for (const letter of host) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return `callback:${hash % BUCKETS}`;
}
