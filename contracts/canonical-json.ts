import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "../engine/canonical-json.ts";
import type { Json } from "../engine/json.ts";

/** SHA-256 (lower-case hex) over the canonical JSON: pins plans and compares the bodies of idempotent requests. */
export function digestOf(value: Json): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}
