import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { HookAuth } from "../../../engine/triggers/trigger-spec.ts";

/** A call as its sender signed it. */
export interface SignedCall {
  /** By lower-case name; null when it is not there. */
  header(name: string): string | null;
  body: Uint8Array;
}

/** What a signature that is good says besides. */
export interface Verified {
  /** Epoch ms at which it was signed, where the signature covers that. */
  signedAt?: number;
  /** Names the very signature: a call that is sent again has the same. */
  digest: string;
}

type Hmac = Extract<HookAuth, { type: "hmac-sha256" }>;

/** What was signed and with what it is compared, by the style; null for headers that are not of the style. */
interface Claim {
  signed: Uint8Array;
  /** Any of them may be the right one: keys are rotated. */
  signatures: Uint8Array[];
  signedAt?: number;
}

/** Checks a signature; null for any that is not good, whatever the reason. `secret` null takes as long as a wrong one. */
export function verifySignature(
  auth: Hmac,
  secret: string | null,
  call: SignedCall,
  timestampHeader: string | undefined,
): Verified | null {
  const claim = claimOf(auth, call, timestampHeader);
  const key = keyOf(auth, secret ?? "");
  const expected = hmac(sha256, key, claim?.signed ?? call.body);
  let good = false;
  for (const signature of claim?.signatures ?? []) good = equal(signature, expected) || good;
  if (!good || claim === null || secret === null || secret === "") return null;
  const digest = bytesToHex(sha256(concatBytes(expected, claim.signed)));
  return { digest, ...(claim.signedAt === undefined ? {} : { signedAt: claim.signedAt }) };
}

function keyOf({ style }: Hmac, secret: string): Uint8Array {
  if (style !== "standard-webhooks") return utf8ToBytes(secret);
  return bytesOfBase64(secret.replace(/^whsec_/, "")) ?? utf8ToBytes(secret);
}

function claimOf({ style, header, signs }: Hmac, call: SignedCall, timestampHeader: string | undefined): Claim | null {
  const value = call.header(header);
  if (value === null) return null;
  switch (style) {
    case "github":
      return { signed: call.body, signatures: present([hex(value.replace(/^sha256=/, ""))]) };
    case "plain": {
      const text = value.trim().replace(/^sha256=/, "");
      const signatures = present([hex(text), bytesOfBase64(text)]);
      if (signs === "body") return { signed: call.body, signatures };
      const written = call.header(timestampHeader ?? "x-timestamp");
      return written === null ? null : stamped(`${written}.`, written, call.body, signatures);
    }
    case "stripe": {
      const parts = value.split(",").map((part) => part.trim().split("=", 2));
      const written = parts.find(([name]) => name === "t")?.[1];
      const signatures = present(parts.filter(([name]) => name === "v1").map(([, text = ""]) => hex(text)));
      return written === undefined ? null : stamped(`${written}.`, written, call.body, signatures);
    }
    case "slack": {
      const written = call.header("x-slack-request-timestamp");
      const signatures = present([value.startsWith("v0=") ? hex(value.slice(3)) : undefined]);
      return written === null ? null : stamped(`v0:${written}:`, written, call.body, signatures);
    }
    case "standard-webhooks": {
      const id = call.header("webhook-id") ?? call.header("svix-id");
      const written = call.header("webhook-timestamp") ?? call.header("svix-timestamp");
      const texts = value.split(" ").filter((text) => text.startsWith("v1,"));
      if (id === null || written === null) return null;
      return stamped(
        `${id}.${written}.`,
        written,
        call.body,
        present(texts.map((text) => bytesOfBase64(text.slice(3)))),
      );
    }
    default:
      return style satisfies never;
  }
}

function stamped(prefix: string, written: string, body: Uint8Array, signatures: Uint8Array[]): Claim | null {
  const signedAt = timeOf(written);
  return signedAt === null ? null : { signed: concatBytes(utf8ToBytes(prefix), body), signatures, signedAt };
}

/** Seconds or milliseconds since the epoch, or ISO 8601 → epoch ms; null for anything else. */
export function timeOf(text: string): number | null {
  const written = text.trim();
  if (/^\d{9,11}(\.\d+)?$/.test(written)) return Number(written) * 1_000;
  if (/^\d{12,14}$/.test(written)) return Number(written);
  const time = /^\d{4}-\d\d-\d\dT/.test(written) ? Date.parse(written) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** In a time that does not depend on where two differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < b.length; at += 1) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

function present(signatures: readonly (Uint8Array | undefined)[]): Uint8Array[] {
  return signatures.filter((signature) => signature !== undefined);
}

function hex(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{64}$/i.test(text)) return undefined;
  return Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16));
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
