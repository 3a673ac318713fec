/** The bytes of a request's body; null when there are more than `most`: reading stops there, whatever was announced. */
export async function readCapped(request: Request, most: number): Promise<Uint8Array | null> {
  const announced = Number(request.headers.get("content-length") ?? "0");
  if (announced > most) return null;
  if (request.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body) {
    length += part.byteLength;
    // Leaving the loop cancels the stream.
    if (length > most) return null;
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
