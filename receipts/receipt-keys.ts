import { isObject } from "../engine/json.ts";
import { type Receipt, type ReceiptClaims, signedText } from "./receipt.ts";

/** A key as the well-known address gives it: a JSON Web Key of Ed25519 (RFC 8037). */
export interface ReceiptKey {
  kty: "OKP";
  crv: "Ed25519";
  /** The public key, base64url. */
  x: string;
  kid: string;
  alg: "EdDSA";
  use: "sig";
}

type PrivateKey = ReceiptKey & { d: string };

/**
 * The keys that receipts are signed with: the first of the set signs, all of them are published, so what a former one signed stays
 * good. A former key needs no private part (`d`) any more.
 */
export class ReceiptKeys {
  readonly #keys: readonly (ReceiptKey & { d?: string })[];
  #imported: Promise<CryptoKey> | undefined;

  /** `text`: a JSON Web Key Set, as `npm run receipt-keys` writes it. Throws where it is none: the deployment is wrong. */
  constructor(text: string) {
    this.#keys = readKeys(text);
  }

  /** The public set. */
  get published(): { keys: ReceiptKey[] } {
    return { keys: this.#keys.map(({ d: _private, ...key }) => key) };
  }

  async sign(claims: Omit<ReceiptClaims, "format" | "key_id">): Promise<Receipt> {
    const key = this.#signing;
    this.#imported ??= crypto.subtle.importKey("jwk", webKey(key), "Ed25519", false, ["sign"]);
    const full: ReceiptClaims = { format: "receipt/v1", ...claims, key_id: key.kid };
    const bytes = new TextEncoder().encode(signedText(full));
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", await this.#imported, bytes));
    return { ...full, signature: base64Url(signature) };
  }

  get #signing(): PrivateKey {
    const [first] = this.#keys;
    if (first?.d === undefined) throw new Error("RECEIPT_KEYS: the first key has no private part");
    return { ...first, d: first.d };
  }
}

/** Only what defines it: other members of a key make some runtimes refuse it. */
function webKey({ kty, crv, x, d }: PrivateKey): JsonWebKey {
  return { kty, crv, x, d };
}

function readKeys(text: string): (ReceiptKey & { d?: string })[] {
  const wrong = (why: string) => new Error(`RECEIPT_KEYS is no set of Ed25519 keys: ${why}. See docs/guide/deploy.md`);
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw wrong("it is no JSON");
  }
  const keys = isObject(set) && Array.isArray(set.keys) ? set.keys : [];
  if (keys.length === 0) throw wrong('it has no "keys"');
  const read = keys.map((key) => {
    if (!isObject(key) || key.kty !== "OKP" || key.crv !== "Ed25519") throw wrong("a key is of another kind");
    const { x, d, kid } = key;
    if (typeof x !== "string" || typeof kid !== "string") throw wrong('a key lacks "x" or "kid"');
    return { ...publicKey(x, kid), ...(typeof d === "string" ? { d } : {}) };
  });
  if (read[0]?.d === undefined) throw wrong('the first one, which signs, lacks "d"');
  return read;
}

function publicKey(x: string, kid: string): ReceiptKey {
  return { kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
