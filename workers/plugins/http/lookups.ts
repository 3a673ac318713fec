import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import type { InvokeDeps } from "../../../connectors/invoke.ts";
import type { CallContext, SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import { open } from "../../../vault/vault.ts";
import { TimedCache } from "./timed-cache.ts";

/** How long a credential may be older than the tenant object knows. */
const TTL_MS = 10_000;
const MOST_KEPT = 1_000;

/* What is kept stays sealed: a value is in the clear only while one call needs it. */
const connections = new TimedCache<{ found: SealedConnection | null }>(TTL_MS, MOST_KEPT);
const secrets = new TimedCache<{ found: string | null }>(TTL_MS, MOST_KEPT);
const variables = new TimedCache<{ found: Json | undefined }>(TTL_MS, MOST_KEPT);

/** Whose values are looked up. */
export type LookupOwner = Pick<CallContext, "tenantId" | "environment">;

/** What a call may look up: values of its own tenant and environment, opened here and nowhere else. */
export function lookupsOf(
  tenant: TenantRpc,
  masterKey: string,
  owner: LookupOwner,
  now: number,
): Pick<InvokeDeps, "findConnection" | "secrets" | "env"> {
  const own = `${owner.tenantId}/${owner.environment}`;
  return {
    async findConnection(query) {
      const key = JSON.stringify([own, query.connector, query.ref ?? null]);
      const { found } = await connections.through(key, now, async () => ({
        found: await tenant.findConnection(query),
      }));
      return found && openConnection(masterKey, owner.tenantId, found);
    },

    async secrets(names) {
      await load(secrets, own, names, now, async (missing) => {
        const answer = await tenant.secrets(missing);
        return (name) => ({ found: Object.hasOwn(answer, name) ? (answer[name] ?? null) : null });
      });
      const opened: Record<string, string> = {};
      for (const name of names) {
        const blob = secrets.get(keyOf(own, name), now)?.found;
        if (blob) opened[name] = await open(masterKey, { tenantId: owner.tenantId, purpose: "secret", id: name }, blob);
      }
      return opened;
    },

    async env(names) {
      await load(variables, own, names, now, async (missing) => {
        const answer = await tenant.envValues(missing);
        return (name) => ({ found: Object.hasOwn(answer, name) ? answer[name] : undefined });
      });
      const values: Record<string, Json> = {};
      for (const name of names) {
        const value = variables.get(keyOf(own, name), now)?.found;
        if (value !== undefined) values[name] = value;
      }
      return values;
    },
  };
}

function keyOf(own: string, name: string): string {
  return `${own} ${name}`;
}

/** Asks once for all names that are not remembered. */
async function load<Entry>(
  cache: TimedCache<Entry>,
  own: string,
  names: string[],
  now: number,
  ask: (missing: string[]) => Promise<(name: string) => Entry>,
): Promise<void> {
  const missing = names.filter((name) => cache.get(keyOf(own, name), now) === undefined);
  if (missing.length === 0) return;
  const entryOf = await ask(missing);
  for (const name of missing) cache.set(keyOf(own, name), entryOf(name), now);
}

async function openConnection(masterKey: string, tenantId: string, found: SealedConnection): Promise<OpenConnection> {
  const text = await open(masterKey, { tenantId, purpose: "connection", id: found.id }, found.sealed);
  const values: unknown = JSON.parse(text);
  return { id: found.id, type: found.type, config: found.config, values: isObject(values) ? values : {} };
}
