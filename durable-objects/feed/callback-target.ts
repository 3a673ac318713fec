const HOSTS = 8;
const URLS = 32;

/**
 * Callbacks of one host share what their receiver may take at once, and those of one URL besides: a slow one keeps no other of
 * its host waiting. Both are without number, so they share buckets: `callback:<of the host>:<of the URL>`.
 */
export function callbackTarget(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return `callback:${bucket(host, HOSTS)}:${bucket(url, URLS)}`;
}

function bucket(text: string, count: number): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % count;
}
