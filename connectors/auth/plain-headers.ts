const PLAIN: ReadonlySet<string> = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-type",
  "prefer",
  "user-agent",
]);

/** Headers that say how and not who: their values are no secrets, and too common to be masked. */
export function isPlainHeader(name: string): boolean {
  return PLAIN.has(name.toLowerCase());
}
