/** W3C Trace Context, version 00: trace id, parent id, flags. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The caller's trace when it sent a valid one, else a new one: every call of the execution carries it (section 8). The parent id
 * of a new one is the beginning of its trace id, so that the exporter of traces knows that there is no span above.
 */
export function traceparentOf(sent: string | undefined, random: (bytes: number) => Uint8Array): string {
  if (sent !== undefined && TRACEPARENT.test(sent)) return sent;
  const hex = Array.from(random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `00-${hex}-${hex.slice(0, 16)}-01`;
}
