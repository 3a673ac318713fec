import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { decodeBase32, encodeBase32 } from "./base32.ts";

/*
 * What a browser opens a stream with: an EventSource can send no header, and a key must not stand in a URL. A token is bound
 * to its tenant, its execution and the key that asked for it; it ends soon, and with that key.
 *
 * Text: st_ + base 32 of the grant as JSON + "." + base 32 of the MAC over it (16 bytes).
 */
const TOKEN = /^st_([0-9a-hjkmnp-tv-z]{1,3000})\.([0-9a-hjkmnp-tv-z]{26})$/;
const PURPOSE = "stream-token/1";
const MAC_BYTES = 16;

const grant = z.strictObject({
  tenantId: z.string(),
  environment: z.enum(["live", "test"]),
  /** Null: every execution of the tenant, and the tenant-wide stream. */
  executionId: z.string().nullable(),
  keyId: z.string(),
  scopes: z.array(z.string()),
  /** Only events of these types; null: of any. */
  types: z.array(z.string()).nullable(),
  /** Pages that may use it; null: see `authenticate-token.ts`. */
  origins: z.array(z.string()).nullable(),
  /** Epoch ms. */
  expiresAt: z.number(),
});

export type StreamGrant = z.infer<typeof grant>;

/** Makes and reads stream tokens, under a key of their own that is derived from the deployment's EXECUTION_ID_KEY. */
export class StreamTokens {
  readonly #key: Uint8Array;

  constructor(deploymentKey: Uint8Array) {
    if (deploymentKey.length < 32) throw new Error("EXECUTION_ID_KEY must hold at least 32 bytes");
    this.#key = hmac(sha256, deploymentKey, utf8ToBytes(PURPOSE));
  }

  /** All of `granted` is ASCII. */
  issue(granted: StreamGrant): string {
    const body = encodeBase32(utf8ToBytes(JSON.stringify(granted)));
    return `st_${body}.${encodeBase32(this.#mac(body))}`;
  }

  /** Null for a token that is forged, altered or past its time. */
  read(token: string, now: number): StreamGrant | null {
    const [, body = "", signature = ""] = TOKEN.exec(token) ?? [];
    const given = decodeBase32(signature);
    const bytes = decodeBase32(body);
    if (given === null || bytes === null || body === "") return null;
    const mac = this.#mac(body);
    let difference = given.length ^ MAC_BYTES;
    for (let at = 0; at < MAC_BYTES; at += 1) difference |= (given[at] ?? 0) ^ (mac[at] ?? 0);
    if (difference !== 0) return null;
    const read = grant.parse(JSON.parse(String.fromCharCode(...bytes)));
    return read.expiresAt > now ? read : null;
  }

  #mac(body: string): Uint8Array {
    return hmac(sha256, this.#key, utf8ToBytes(body)).subarray(0, MAC_BYTES);
  }
}
