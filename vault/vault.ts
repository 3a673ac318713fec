import { base64Url, bytesOfBase64, framed } from "./encoding.ts";
import { type Keyring, readKeyring } from "./keyring.ts";

/*
 * Envelope encryption on Web Crypto. A blob is `v1.<key id>.<base64url of nonce ‖ ciphertext ‖ tag>`. The data key is
 * derived from the named master key for one tenant (HKDF-SHA-256), so no tenant's key opens another's blobs; purpose and
 * id are bound as additional data, so a blob that is copied to another place does not open there.
 */

/** What a sealed value belongs to. All three must be equal when it is opened. */
export interface SealedPlace {
  tenantId: string;
  /** Which kind of value it is: `connection`, `secret`, … */
  purpose: string;
  /** Which one: a connection's id, a secret's name. */
  id: string;
}

const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const INFO = "smartify vault data key";
const MOST_KEPT_KEYS = 256;

/** A blob that does not open: changed, cut, of another place, or of a key that is not in the ring. Says no more on purpose. */
export class SealBroken extends Error {
  constructor() {
    super("The sealed value does not open");
    this.name = "SealBroken";
  }
}

/** Encrypts a text for one place. `masterKey` is a keyring or its text (`readKeyring`). Two seals of one text differ. */
export async function seal(masterKey: string | Keyring, place: SealedPlace, plaintext: string): Promise<string> {
  const ring = typeof masterKey === "string" ? readKeyring(masterKey) : masterKey;
  const key = await dataKey(ring, ring.current, place.tenantId);
  if (key === undefined) throw new Error("the keyring lacks its current key");
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const additionalData = boundTo(place, ring.current);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData },
    key,
    new TextEncoder().encode(plaintext),
  );
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  bytes.set(nonce);
  bytes.set(new Uint8Array(sealed), NONCE_BYTES);
  return `${VERSION}.${ring.current}.${base64Url(bytes)}`;
}

/** Decrypts what `seal` made for the same place. Throws `SealBroken` for anything else. */
export async function open(masterKey: string | Keyring, place: SealedPlace, blob: string): Promise<string> {
  const ring = typeof masterKey === "string" ? readKeyring(masterKey) : masterKey;
  const [version, keyId, body, ...more] = blob.split(".");
  if (version !== VERSION || keyId === undefined || body === undefined || more.length > 0) throw new SealBroken();
  const bytes = bytesOfBase64(body);
  const key = await dataKey(ring, keyId, place.tenantId);
  if (bytes === undefined || bytes.length < NONCE_BYTES + TAG_BYTES || key === undefined) throw new SealBroken();
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: bytes.subarray(0, NONCE_BYTES), additionalData: boundTo(place, keyId) },
      key,
      bytes.subarray(NONCE_BYTES),
    );
    return new TextDecoder().decode(plain);
  } catch {
    throw new SealBroken();
  }
}

/** Which master key sealed a blob: a rotation seals again what is not under the current one. Undefined for no blob. */
export function keyIdOf(blob: string): string | undefined {
  const [version, keyId] = blob.split(".");
  return version === VERSION ? keyId : undefined;
}

function boundTo(place: SealedPlace, keyId: string): Uint8Array<ArrayBuffer> {
  return framed([VERSION, keyId, place.tenantId, place.purpose, place.id]);
}

const dataKeys = new Map<string, Promise<CryptoKey>>();

/** One tenant's key under one master key, derived once per isolate. */
function dataKey(ring: Keyring, keyId: string, tenantId: string): Promise<CryptoKey> | undefined {
  const master = ring.keys.get(keyId);
  if (master === undefined) return undefined;
  const name = `${base64Url(master)} ${tenantId}`;
  const known = dataKeys.get(name);
  if (known !== undefined) return known;
  if (dataKeys.size >= MOST_KEPT_KEYS) dataKeys.clear();
  const derived = derive(master, tenantId);
  dataKeys.set(name, derived);
  return derived;
}

async function derive(master: Uint8Array, tenantId: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", Uint8Array.from(master), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new TextEncoder().encode(INFO), info: framed([tenantId]) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
