/** A URL as others may see it: what stands in a query may be a credential. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "?…");
}
