import { bytesOfBase64 } from "./encoding.ts";

/** Master keys by id. `current` seals; every other one only opens what it sealed before. */
export interface Keyring {
  current: string;
  keys: ReadonlyMap<string, Uint8Array>;
}

const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
const KEY_BYTES = 32;

/**
 * Reads a keyring from text: one base64 key of 32 bytes (its id is `k1`), or several as `id:base64,id:base64` of which the
 * first is the current one. Throws when a key is malformed: a deployment must not start with a broken vault.
 */
export function readKeyring(text: string): Keyring {
  const keys = new Map<string, Uint8Array>();
  let current: string | undefined;
  for (const part of text.trim().split(",")) {
    const colon = part.indexOf(":");
    const id = colon === -1 ? "k1" : part.slice(0, colon).trim();
    const bytes = bytesOfBase64(part.slice(colon + 1).trim());
    if (!KEY_ID.test(id)) throw new Error("a master key's id must be letters, digits, _ or -");
    if (bytes?.length !== KEY_BYTES) throw new Error(`master key ${id} must be base64 of ${KEY_BYTES} bytes`);
    if (keys.has(id)) throw new Error(`master key ${id} stands twice`);
    keys.set(id, bytes);
    current ??= id;
  }
  return { current: current ?? "k1", keys };
}
