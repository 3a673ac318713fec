import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Owner } from "../../../contracts/placement.ts";
import type { SettingReader } from "../../../contracts/setting-scope.ts";
import type { HookAuth, WebhookSpec } from "../../../engine/triggers/trigger-spec.ts";
import { open } from "../../../vault/vault.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { equal, type SignedCall, timeOf, verifySignature } from "./verify-signature.ts";

/** How old a signature may be whose style has a time in it, where nothing else is said: as Stripe and Slack advise. */
const TOLERANCE_MS = 300_000;

/** A call of somebody who may call. */
export interface ProvenCall {
  /** The signature's digest: a call that is sent again has the same. Absent for bearers. */
  digest?: string;
  /** The signature covers the time of the call: no other call has the same. */
  timed: boolean;
}

/** The sender's proof, and the time of the call; null for anything that is not good, whatever the reason. */
export async function verifyCaller(
  ports: Ports,
  owner: Owner,
  { spec, reader }: { spec: WebhookSpec; reader: SettingReader },
  call: SignedCall,
): Promise<ProvenCall | null> {
  const { auth, replayWindowMs, timestampHeader } = spec;
  const now = ports.now();
  const written = timestampHeader === undefined ? undefined : (call.header(timestampHeader) ?? "");
  const saidAt = written === undefined ? undefined : timeOf(written);
  if (replayWindowMs !== undefined && saidAt !== undefined && !isWithin(saidAt, now, replayWindowMs)) return null;
  if (auth === undefined) return { timed: false };
  const secret = await secretOf(ports, owner, auth, reader);
  if (auth.type === "bearer") return isBearer(auth, secret, call) ? { timed: false } : null;
  const verified = verifySignature(auth, secret, call, timestampHeader);
  if (verified === null) return null;
  const { signedAt, digest } = verified;
  if (signedAt !== undefined && !isWithin(signedAt, now, replayWindowMs ?? TOLERANCE_MS)) return null;
  return { digest, timed: signedAt !== undefined };
}

function isWithin(at: number | null, now: number, windowMs: number): boolean {
  return at !== null && Math.abs(now - at) <= windowMs;
}

/** Opened here and nowhere else; null where the tenant has none. */
async function secretOf(
  ports: Ports,
  owner: Owner,
  { secretName }: HookAuth,
  reader: SettingReader,
): Promise<string | null> {
  const found = await onTenant(ports, owner, (tenant) => tenant.secrets([secretName], reader));
  const sealed = found[secretName];
  if (sealed === undefined || sealed === null) return null;
  return open(ports.masterKey, { tenantId: owner.tenantId, purpose: "secret", id: secretName }, sealed);
}

function isBearer(
  { header, scheme }: Extract<HookAuth, { type: "bearer" }>,
  secret: string | null,
  call: SignedCall,
): boolean {
  const value = call.header(header) ?? "";
  const prefix = scheme === "" ? "" : `${scheme} `;
  const prefixed = value.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase();
  const token = value.slice(prefix.length).trim();
  // Hashes are compared, so that neither length nor content shows in the time.
  const same = equal(sha256(utf8ToBytes(token)), sha256(utf8ToBytes(secret ?? "")));
  return same && prefixed && secret !== null && secret !== "";
}
