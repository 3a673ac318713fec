import { eq } from "drizzle-orm";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { KeyRecord } from "../../../contracts/rpc.ts";
import { apiKeys } from "../../database/tables.ts";
import { hashApiKey, parseApiKey, type ParsedKey } from "../../identity/api-key.ts";
import type { Caller, Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { keyRecordOf } from "./key-record.ts";

/** How long an isolate trusts what it knows: a revoked key is refused everywhere after this long. */
export const KNOWN_MS = 10_000;
const UNKNOWN_MS = 5_000;

function refused(): Failure {
  return failure("UNAUTHENTICATED", "The API key is not valid.");
}

/** A key as who asks. */
export function callerOf(record: KeyRecord): Caller {
  const { id, tenantId, environment, scopes, roles, permissions, settings } = record;
  return { keyId: id, tenantId, environment, scopes, roles, permissions, settings };
}

/** Tenant object first, so that Postgres is asked only about a key that its own tenant object has never seen. */
async function lookUp(ports: Ports, parsed: ParsedKey, hash: string): Promise<KeyRecord | null> {
  const known = await onTenant(ports, parsed, (tenant) => tenant.verifyKey(hash));
  if (known !== null) return known;
  const [row] = await ports.database.select().from(apiKeys).where(eq(apiKeys.hash, hash)).limit(1);
  if (row === undefined) return null;
  const record = keyRecordOf(row);
  await onTenant(ports, parsed, (tenant) => tenant.putKey(hash, record));
  return { ...record, settings: await onTenant(ports, parsed, (tenant) => tenant.settings()) };
}

function tooMany(blockedMs: number): Failure {
  const message = "Too many keys that are not valid came from this address. A valid key may wait, too: try it again.";
  return { ...failure("RATE_LIMITED", message, { limit: "keys_per_address" }), retryAfter: blockedMs / 1_000 };
}

/**
 * Who a key is. Warm, it costs a checksum, a hash and a map look-up. `address`: the client's, which may not try many keys
 * that are no good.
 */
export async function verifyKey(ports: Ports, key: string, address?: string): Promise<Result<Caller>> {
  const found = await findCaller(ports, key, address);
  if (!found.ok && found.code === "UNAUTHENTICATED") ports.addresses.refused(address, ports.now());
  return found;
}

async function findCaller(ports: Ports, key: string, address: string | undefined): Promise<Result<Caller>> {
  const parsed = parseApiKey(key);
  const blockedMs = ports.addresses.blockedMs(address, ports.now());
  if (parsed === null) return blockedMs > 0 ? tooMany(blockedMs) : refused();
  const hash = hashApiKey(key);
  const now = ports.now();
  const cached = ports.keys.get(hash);
  if (cached !== undefined && now - cached.storedAt < (cached.value === null ? UNKNOWN_MS : KNOWN_MS)) {
    if (cached.value !== null) return success(callerOf(cached.value));
    return blockedMs > 0 ? tooMany(blockedMs) : refused();
  }
  if (blockedMs > 0) return tooMany(blockedMs);
  const found = await lookUp(ports, parsed, hash);
  const valid =
    found !== null &&
    found.revokedAt === null &&
    found.tenantId === parsed.tenantId &&
    found.environment === parsed.environment;
  ports.keys.set(hash, valid ? found : null, now);
  return valid ? success(callerOf(found)) : refused();
}
