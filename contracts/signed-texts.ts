import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase32, encodeBase32 } from "./base32.ts";

const MAC_BYTES = 16;
/** Characters of a MAC in base 32. */
const MAC_TEXT = 26;
const BASE32 = /^[0-9a-hjkmnp-tv-z]+$/;

/**
 * JSON in a token that only this deployment can make: prefix + base 32 of the JSON + "." + base 32 of a MAC over it (16
 * bytes), under a key of its own that is derived from the deployment's EXECUTION_ID_KEY and the purpose.
 */
export class SignedTexts {
  readonly #key: Uint8Array;
  readonly #prefix: string;
  readonly #most: number;

  /** `most`: characters of the JSON in base 32. */
  constructor(deploymentKey: Uint8Array, purpose: string, { prefix, most }: { prefix: string; most: number }) {
    if (deploymentKey.length < 32) throw new Error("EXECUTION_ID_KEY must hold at least 32 bytes");
    this.#key = hmac(sha256, deploymentKey, utf8ToBytes(purpose));
    this.#prefix = prefix;
    this.#most = most;
  }

  /** Signs JSON; what is not ASCII in it is escaped. */
  sign(json: string): string {
    const ascii = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const body = encodeBase32(utf8ToBytes(ascii));
    return `${this.#prefix}${body}.${encodeBase32(this.#mac(body))}`;
  }

  /** The JSON, parsed; undefined for a token that is forged or altered. */
  open(token: string): unknown {
    const [body = "", signature = "", ...more] = token.slice(this.#prefix.length).split(".");
    if (!token.startsWith(this.#prefix) || more.length > 0 || body.length > this.#most) return undefined;
    if (signature.length !== MAC_TEXT || !BASE32.test(body) || !BASE32.test(signature)) return undefined;
    const given = decodeBase32(signature);
    const bytes = decodeBase32(body);
    if (given === null || bytes === null) return undefined;
    const mac = this.#mac(body);
    let difference = given.length ^ MAC_BYTES;
    for (let at = 0; at < MAC_BYTES; at += 1) difference |= (given[at] ?? 0) ^ (mac[at] ?? 0);
    return difference === 0 ? JSON.parse(String.fromCharCode(...bytes)) : undefined;
  }

  #mac(body: string): Uint8Array {
    return hmac(sha256, this.#key, utf8ToBytes(body)).subarray(0, MAC_BYTES);
  }
}
