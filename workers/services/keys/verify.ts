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
  const { id, tenantId, environment, scopes, roles, permissions } = record;
  return { keyId: id, tenantId, environment, scopes, roles, permissions };
}

/** Tenant object first, so that Postgres is asked only about a key that its own tenant object has never seen. */
async function lookUp(ports: Ports, parsed: ParsedKey, hash: string): Promise<KeyRecord | null> {
  const known = await onTenant(ports, parsed, (tenant) => tenant.verifyKey(hash));
  if (known !== null) return known;
  const [row] = await ports.database.select().from(apiKeys).where(eq(apiKeys.hash, hash)).limit(1);
  if (row === undefined) return null;
  const record = keyRecordOf(row);
  await onTenant(ports, parsed, (tenant) => tenant.putKey(hash, record));
  return record;
}

/** Who a key is. Warm, it costs a checksum, a hash and a map look-up. */
export async function verifyKey(ports: Ports, key: string): Promise<Result<Caller>> {
  const parsed = parseApiKey(key);
  if (parsed === null) return refused();
  const hash = hashApiKey(key);
  const now = ports.now();
  const cached = ports.keys.get(hash);
  if (cached !== undefined && now - cached.storedAt < (cached.value === null ? UNKNOWN_MS : KNOWN_MS)) {
    return cached.value === null ? refused() : success(callerOf(cached.value));
  }
  const found = await lookUp(ports, parsed, hash);
  const valid =
    found !== null &&
    found.revokedAt === null &&
    found.tenantId === parsed.tenantId &&
    found.environment === parsed.environment;
  ports.keys.set(hash, valid ? found : null, now);
  return valid ? success(callerOf(found)) : refused();
}
