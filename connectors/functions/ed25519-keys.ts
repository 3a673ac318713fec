import { bytesOf } from "./byte-text.ts";

/** What stands before the 32 bytes of a private key in PKCS #8, and of a public key in SPKI (RFC 8410). */
const PKCS8 = "302e020100300506032b657004220420";
const SPKI = "302a300506032b6570032100";

/** A private key for signing: PEM, PKCS #8 in base64, or its 32 bytes in base64. Undefined for anything else. */
export async function importSignKey(text: string): Promise<CryptoKey | undefined> {
  const der = derOf(text, PKCS8);
  if (der === undefined) return undefined;
  try {
    return await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  } catch {
    return undefined;
  }
}

/** A public key for verifying, in the same forms (SPKI). */
export async function importVerifyKey(text: string): Promise<CryptoKey | undefined> {
  const der = derOf(text, SPKI);
  if (der === undefined) return undefined;
  try {
    return await crypto.subtle.importKey("spki", der, "Ed25519", false, ["verify"]);
  } catch {
    return undefined;
  }
}

function derOf(text: string, prefix: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = bytesOf(text.replace(/-----[A-Z ]+-----/g, ""), "base64");
  if (bytes?.length !== 32) return bytes;
  const head = bytesOf(prefix, "hex") ?? new Uint8Array();
  const der = new Uint8Array(head.length + 32);
  der.set(head);
  der.set(bytes, head.length);
  return der;
}
