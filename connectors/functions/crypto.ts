import type { JsonObject } from "../../engine/json.ts";
import { bytesOf, encodingOf, textOfBytes } from "./byte-text.ts";
import { importSignKey } from "./ed25519-keys.ts";
import { type FunctionResult, refused, textIn, type TrustedFunction } from "./trusted-function.ts";

const HASHES: Readonly<Record<string, string>> = {
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of several members, or the refusal of the first that is not what its encoding says. */
function bytesIn(
  input: JsonObject,
  members: Record<string, unknown>,
): { ok: true; bytes: Record<string, Bytes> } | Extract<FunctionResult, { ok: false }> {
  const bytes: Record<string, Bytes> = {};
  for (const [name, written] of Object.entries(members)) {
    const encoding = encodingOf(written);
    const read = bytesOf(textIn(input, name), encoding);
    if (read === undefined) return refused(`\`${name}\` is not ${encoding}`, name);
    bytes[name] = read;
  }
  return { ok: true, bytes };
}

async function hmacKey(input: JsonObject, key: Bytes): Promise<CryptoKey> {
  const hash = HASHES[textIn(input, "algorithm")] ?? "SHA-256";
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign", "verify"]);
}

const hmac: TrustedFunction = async (input) => {
  const read = bytesIn(input, { data: input.data_encoding, key: input.key_encoding });
  if (!read.ok) return read;
  const { data = new Uint8Array(), key = new Uint8Array() } = read.bytes;
  if (key.length === 0) return refused("`key` is empty", "key");
  const mac = await crypto.subtle.sign("HMAC", await hmacKey(input, key), data);
  return { ok: true, output: { hmac: textOfBytes(new Uint8Array(mac), encodingOf(input.encoding)) } };
};

const verifyHmac: TrustedFunction = async (input) => {
  const read = bytesIn(input, { data: input.data_encoding, key: input.key_encoding });
  if (!read.ok) return read;
  const { data = new Uint8Array(), key = new Uint8Array() } = read.bytes;
  if (key.length === 0) return refused("`key` is empty", "key");
  const signature = bytesOf(textIn(input, "signature"), encodingOf(input.encoding));
  // In constant time: the runtime compares.
  const valid =
    signature !== undefined && (await crypto.subtle.verify("HMAC", await hmacKey(input, key), signature, data));
  return { ok: true, output: { valid } };
};

async function aesKey(key: Bytes | undefined): Promise<CryptoKey | undefined> {
  if (key === undefined || ![16, 24, 32].includes(key.length)) return undefined;
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

const KEY_LENGTH = "`key` must be 32 bytes (or 16 or 24), written as `key_encoding` says";

const encrypt: TrustedFunction = async (input) => {
  const read = bytesIn(input, { data: input.data_encoding, key: input.key_encoding });
  if (!read.ok) return read;
  const key = await aesKey(read.bytes.key);
  if (key === undefined) return refused(KEY_LENGTH, "key");
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const additionalData = new TextEncoder().encode(textIn(input, "context"));
  const data = read.bytes.data ?? new Uint8Array();
  const cipher = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, data));
  const sealed = new Uint8Array(NONCE_BYTES + cipher.length);
  sealed.set(iv);
  sealed.set(cipher, NONCE_BYTES);
  return { ok: true, output: { sealed: textOfBytes(sealed, "base64url") } };
};

const decrypt: TrustedFunction = async (input) => {
  const read = bytesIn(input, { sealed: "base64url", key: input.key_encoding });
  if (!read.ok) return read;
  const key = await aesKey(read.bytes.key);
  if (key === undefined) return refused(KEY_LENGTH, "key");
  const sealed = read.bytes.sealed ?? new Uint8Array();
  const iv = sealed.slice(0, NONCE_BYTES);
  const additionalData = new TextEncoder().encode(textIn(input, "context"));
  if (sealed.length < NONCE_BYTES + TAG_BYTES)
    return refused("`sealed` is too short to be what `encrypt` gave", "sealed");
  let plain: Uint8Array;
  try {
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed.slice(NONCE_BYTES));
    plain = new Uint8Array(opened);
  } catch {
    return refused("`sealed` was not made with this key and context, or was changed since", "sealed");
  }
  const encoding = encodingOf(input.data_encoding);
  try {
    return { ok: true, output: { data: textOfBytes(plain, encoding) } };
  } catch {
    return refused("What was encrypted is not text: ask for another `data_encoding`", "data_encoding");
  }
};

const sign: TrustedFunction = async (input) => {
  const read = bytesIn(input, { data: input.data_encoding });
  if (!read.ok) return read;
  const key = await importSignKey(textIn(input, "private_key"));
  if (key === undefined)
    return refused("`private_key` is no Ed25519 key: PEM (PKCS #8), or 32 bytes as base64", "private_key");
  const signature = await crypto.subtle.sign("Ed25519", key, read.bytes.data ?? new Uint8Array());
  return { ok: true, output: { signature: textOfBytes(new Uint8Array(signature), encodingOf(input.encoding)) } };
};

/** Functions of `community/crypto` that see a secret. */
export const cryptoTrusted = { hmac, verifyHmac, encrypt, decrypt, sign };
