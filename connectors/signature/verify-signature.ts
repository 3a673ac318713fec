const ED25519 = { name: "Ed25519" } as const;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

function bytesOf(base64: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    return bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}

/** True for the base64 of 32 bytes that are a point of the curve: a raw Ed25519 public key. */
export async function isPublicKey(publicKey: string): Promise<boolean> {
  const raw = bytesOf(publicKey, PUBLIC_KEY_BYTES);
  if (raw === null) return false;
  return crypto.subtle.importKey("raw", raw, ED25519, false, ["verify"]).then(
    () => true,
    () => false,
  );
}

/**
 * Whether a detached Ed25519 signature (base64 of 64 bytes) is that of `publicKey` (base64 of 32 bytes) over the UTF-8
 * of a connector file as it was published. Needs nothing but its arguments: anybody can check it offline.
 */
export async function verifySignature(text: string, signature: string, publicKey: string): Promise<boolean> {
  const raw = bytesOf(publicKey, PUBLIC_KEY_BYTES);
  const signed = bytesOf(signature, SIGNATURE_BYTES);
  if (raw === null || signed === null) return false;
  try {
    const key = await crypto.subtle.importKey("raw", raw, ED25519, false, ["verify"]);
    return await crypto.subtle.verify(ED25519, key, signed, new TextEncoder().encode(text));
  } catch {
    return false;
  }
}
