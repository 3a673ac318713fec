/** The bytes of an answer, or why they are not all there. */
export type Read = { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false; reason: "too_large" };

/** Reads a body up to `limit` bytes and stops there: what a server sends is never trusted to end (rule R9). */
export async function readCapped(response: Response, limit: number): Promise<Read> {
  const declared = Number(response.headers.get("content-length") ?? "0");
  if (declared > limit) {
    await response.body?.cancel();
    return { ok: false, reason: "too_large" };
  }
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
