import type { InvokeDeps } from "../../../connectors/attempt/invoke-deps.ts";
import type { TenantRpc } from "../../../contracts/rpc.ts";
import type { SettingReader } from "../../../contracts/setting-scope.ts";
import type { Json } from "../../../engine/json.ts";
import { open } from "../../../vault/vault.ts";
import type { LookupOwner } from "./lookups.ts";
import { TimedCache } from "./timed-cache.ts";

/** How long a value may be older than the tenant object knows. */
const TTL_MS = 10_000;
const MOST_KEPT = 1_000;

/* What is kept stays sealed: a value is in the clear only while one call needs it. */
const secrets = new TimedCache<{ value: string }>(TTL_MS, MOST_KEPT);
const variables = new TimedCache<{ value: Json }>(TTL_MS, MOST_KEPT);

/** Secrets and env values of one tenant and environment, as far as they are for this reader. */
export type SettingLookups = Pick<InvokeDeps, "secrets" | "env">;

export function settingLookups(
  tenantObject: () => Pick<TenantRpc, "secrets" | "envValues">,
  masterKey: string,
  owner: LookupOwner,
  reader: SettingReader,
  now: number,
): SettingLookups {
  const own = `${owner.tenantId}/${owner.environment}`;
  const read = `${own} ${JSON.stringify([reader.connector ?? null, reader.workflow ?? null])}`;
  return {
    async secrets(names) {
      const blobs = await load(secrets, read, names, now, async (missing) => {
        const answer = await tenantObject().secrets(missing, reader);
        // Null: the name is not set.
        return Object.fromEntries(Object.entries(answer).flatMap(([name, blob]) => (blob ? [[name, blob]] : [])));
      });
      const opened: Record<string, string> = {};
      for (const [name, blob] of Object.entries(blobs))
        opened[name] = await open(masterKey, { tenantId: owner.tenantId, purpose: "secret", id: name }, blob);
      return opened;
    },

    env: (names) => load(variables, read, names, now, (missing) => tenantObject().envValues(missing, reader)),
  };
}

/**
 * Asks once for all names that are not remembered. That one is not set is not remembered: a run that failed for it is right the
 * moment it has been put.
 */
async function load<Value>(
  cache: TimedCache<{ value: Value }>,
  own: string,
  names: readonly string[],
  now: number,
  ask: (missing: string[]) => Promise<Record<string, Value>>,
): Promise<Record<string, Value>> {
  const found: Record<string, Value> = {};
  const missing: string[] = [];
  for (const name of names) {
    const kept = cache.get(`${own} ${name}`, now);
    if (kept === undefined) missing.push(name);
    else found[name] = kept.value;
  }
  if (missing.length === 0) return found;
  const answer = await ask(missing);
  for (const name of missing) {
    const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
    if (value === undefined) continue;
    cache.set(`${own} ${name}`, { value }, now);
    found[name] = value;
  }
  return found;
}
