import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "../engine/canonical-json.ts";
import type { JsonObject } from "../engine/json.ts";

/*
 * The chain over an execution's log, version 1. It is over the events as clients see them, so whoever has the events can compute
 * it. What is hashed here never changes: receipts that were given out must stay good. Another form is another version beside it.
 */

/** The hash before the first event: an execution's chain fits no other's. Lower-case hex, as all of them. */
export function chainStart(executionId: string): string {
  return hashOf(`execution-log/v1\n${executionId}`);
}

/** The hash with an event: SHA-256 over the hash before it, a line feed and the event as canonical JSON (RFC 8785). */
export function chainNext(before: string, event: JsonObject): string {
  return hashOf(`${before}\n${canonicalJson(event)}`);
}

function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
