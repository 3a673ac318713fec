/** One link of the header: its target, and the parameters behind it. Quoted text may hold `,` and `;`. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/i;
const LONGEST = 16_384;

/** The target of the link with `rel="next"` (RFC 8288); undefined when there is none. */
export function nextLink(header: string): string | undefined {
  for (const [, target = "", parameters = ""] of header.slice(0, LONGEST).matchAll(LINK)) {
    const rel = REL.exec(parameters);
    const names = (rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return target;
  }
  return undefined;
}
