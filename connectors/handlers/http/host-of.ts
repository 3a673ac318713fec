/** The last one: a call names the same URL several times, and parsing it is half of what naming it costs. */
let last = { url: "", host: "the service" };

/** Who is meant, in a message: host and port of a URL, never its path or query. */
export function hostOf(url: string): string {
  if (last.url !== url) last = { url, host: URL.canParse(url) ? new URL(url).host : "the service" };
  return last.host;
}
