import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Environment } from "../../contracts/execution.ts";
import { ID_PREFIX } from "../../contracts/ids.ts";
import { base62 } from "./base62.ts";
import { crc32 } from "./crc32.ts";
import { randomBytes } from "./random-bytes.ts";

/*
 * sk_<live|test>_ + tenant id (26, base 32) + 256 random bits (43, base 62) + CRC-32 of all before it (6, base 62).
 * The tenant stands in the key so that an isolate that has never seen it knows which tenant object to ask; the checksum
 * lets a typo be refused, and a leak be found by a scanner, without a look-up.
 */
const KEY = /^(sk_(live|test)_([0-9a-hjkmnp-tv-z]{26})[0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

export interface ParsedKey {
  environment: Environment;
  tenantId: string;
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), 6);
}

/** A new key for a tenant. It is shown once; only its hash is kept. */
export function createApiKey(tenantId: string, environment: Environment): string {
  const random = BigInt(`0x${bytesToHex(randomBytes(32))}`);
  const body = `sk_${environment}_${tenantId.slice(ID_PREFIX.tenant.length)}${base62(random, 43)}`;
  return body + checksum(body);
}

/** What a key says of itself, or null when its form or checksum is wrong. Says nothing about its being valid. */
export function parseApiKey(key: string): ParsedKey | null {
  const match = KEY.exec(key);
  const [, body, environment, tenant, sum] = match ?? [];
  if (body === undefined || tenant === undefined || checksum(body) !== sum) return null;
  return { environment: environment === "live" ? "live" : "test", tenantId: ID_PREFIX.tenant + tenant };
}

/** The form in which a key is stored and looked up. */
export function hashApiKey(key: string): string {
  return bytesToHex(sha256(utf8ToBytes(key)));
}
