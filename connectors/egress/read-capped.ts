/** The bytes of an answer, or why they are not all there. */
export type Read = { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false; reason: "too_large" };

/** What is taken in one piece: reading it part by part costs a Worker more than all else that is done with a small answer. */
const MOST_WHOLE_BYTES = 65_536;

/**
 * Reads a body up to `limit` bytes and stops there: what a server sends is never trusted to end (rule R9). `onBytes` is not told of a
 * small one. `headers`: the answer's, where they have been read already: each look into the runtime's own costs as much as they all.
 */
export async function readCapped(
  response: Response,
  limit: number,
  onBytes: (total: number) => void = () => undefined,
  headers: Readonly<Record<string, string>> = sizeHeaders(response),
): Promise<Read> {
  const declared = Number(headers["content-length"] ?? "0");
  if (declared > limit) {
    // The answer to a HEAD, and a 304, declare the length of what they do not bring.
    if (response.body === null) return { ok: true, bytes: new Uint8Array() };
    await response.body.cancel();
    return { ok: false, reason: "too_large" };
  }
  if (isBounded(headers, declared)) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    return bytes.byteLength > limit ? { ok: false, reason: "too_large" } : { ok: true, bytes };
  }
  onBytes(0);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) break;
    total += part.value.byteLength;
    if (total > limit) {
      await reader?.cancel();
      return { ok: false, reason: "too_large" };
    }
    onBytes(total);
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return { ok: true, bytes };
}

/** Whether no more can come than a small declared length: nothing is decoded, and no chunks go on behind the length. */
export function isBounded(headers: Readonly<Record<string, string>>, declared: number): boolean {
  return (
    declared > 0 &&
    declared <= MOST_WHOLE_BYTES &&
    headers["content-encoding"] === undefined &&
    headers["transfer-encoding"] === undefined
  );
}

const OF_SIZE = ["content-length", "content-encoding", "transfer-encoding"] as const;

function sizeHeaders({ headers }: Response): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of OF_SIZE) {
    const value = headers.get(name);
    if (value !== null) found[name] = value;
  }
  return found;
}
