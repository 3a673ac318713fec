import type { Owner } from "../../../contracts/placement.ts";
import type { Caller, Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { callerOf, KNOWN_MS } from "./verify.ts";

/** The name by which an isolate remembers a key that it knows by its id alone. */
export function knownById(keyId: string): string {
  return `id:${keyId}`;
}

/** A key that something was issued for, by its id: null when it is revoked or of another tenant. */
export async function verifyKeyId(
  ports: Ports,
  { tenantId, environment }: Owner,
  keyId: string,
): Promise<Caller | null> {
  const now = ports.now();
  const cached = ports.keys.get(knownById(keyId));
  let record = cached?.value ?? null;
  if (cached === undefined || now - cached.storedAt >= KNOWN_MS) {
    const found = await onTenant(ports, { tenantId, environment }, (tenant) => tenant.findKey(keyId));
    record = found?.revokedAt === null ? found : null;
    ports.keys.set(knownById(keyId), record, now);
  }
  if (record?.tenantId !== tenantId || record.environment !== environment) return null;
  return callerOf(record);
}
