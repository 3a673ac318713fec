import { and, eq, isNotNull } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import { readKeyring } from "../../../vault/keyring.ts";
import { keyIdOf, open, seal, type SealedPlace } from "../../../vault/vault.ts";
import { connections, secrets, telemetry } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { sealedConnectionOf } from "../connections/connection-view.ts";
import { onFeed, onServices, onTenant } from "../object-calls.ts";
import { putSecretCopy } from "../settings/put-secret-copy.ts";
import { tenantIds } from "../tenants/tenant-ids.ts";

const ENVIRONMENTS = ["live", "test"] as const;

/** What a rotation did. `left`: what another one was changing just then, what does not open, or what could not be reached; run it again. */
export interface Rotation {
  current: string;
  resealed: number;
  left: number;
}

/**
 * Seals again, under the current master key, what is under another: connections, secrets, headers of telemetry, OAuth tokens, what signs webhooks and calls to services. Each is
 * replaced only where it is still what was read, so a change that comes between wins, and calls go on: every key of the ring opens.
 * Copies are made as their rows are by every run: one before may have been stopped between the two, and nothing else shows that.
 */
export async function rotateMasterKey(ports: Ports): Promise<Rotation> {
  const { current } = readKeyring(ports.masterKey);
  const found: Rotation = { current, resealed: 0, left: 0 };
  const count = (done: boolean) => {
    if (done) found.resealed += 1;
    else found.left += 1;
  };
  /** One that fails keeps no other from its turn. */
  const tried = (work: () => Promise<void>) => work().catch(() => count(false));
  /** True where it was under the current key already. */
  const renew = async (place: SealedPlace, sealed: string, put: (renewed: string) => Promise<boolean>) => {
    if (keyIdOf(sealed) === current) return true;
    await tried(async () =>
      count(await put(await seal(ports.masterKey, place, await open(ports.masterKey, place, sealed)))),
    );
    return false;
  };
  const { database } = ports;
  for await (const tenantId of tenantIds(ports)) {
    for (const row of await database.select().from(connections).where(eq(connections.tenantId, tenantId))) {
      const owner = ownerOf(tenantId, row.environment);
      const copy = (of: typeof row) => onTenant(ports, owner, (tenant) => tenant.putConnection(sealedConnectionOf(of)));
      const isCurrent = await renew({ tenantId, purpose: "connection", id: row.id }, row.sealed, async (sealed) => {
        const same = and(eq(connections.id, row.id), eq(connections.sealed, row.sealed));
        const [changed] = await database.update(connections).set({ sealed }).where(same).returning();
        if (changed !== undefined) await copy(changed);
        return changed !== undefined;
      });
      if (isCurrent) await tried(() => copy(row));
      if (row.type === "OAUTH2")
        await tried(async () => {
          if (await ports.oauth.resealConnection(owner, row.id)) count(true);
        });
    }
    for (const row of await database.select().from(secrets).where(eq(secrets.tenantId, tenantId))) {
      const owner = ownerOf(tenantId, row.environment);
      const copy = (of: typeof row) => onTenant(ports, owner, (tenant) => putSecretCopy(tenant, of));
      const isCurrent = await renew({ tenantId, purpose: "secret", id: row.name }, row.sealed, async (sealed) => {
        const own = and(
          eq(secrets.tenantId, tenantId),
          eq(secrets.environment, row.environment),
          eq(secrets.name, row.name),
        );
        const same = and(own, eq(secrets.sealed, row.sealed));
        const [changed] = await database.update(secrets).set({ sealed }).where(same).returning();
        if (changed !== undefined) await copy(changed);
        return changed !== undefined;
      });
      if (isCurrent) await tried(() => copy(row));
    }
    for (const environment of ENVIRONMENTS) {
      const owner: Owner = { tenantId, environment };
      for (const { place, sealed } of await onFeed(ports, owner, (feed) => feed.sealedSecrets()))
        await renew({ tenantId, purpose: "webhook", id: place }, sealed, (renewed) =>
          onFeed(ports, owner, (feed) => feed.reseal(sealed, renewed)),
        );
      for (const { place, sealed } of await onServices(ports, owner, (services) => services.sealedSecrets()))
        await renew({ tenantId, purpose: "webhook", id: place }, sealed, (renewed) =>
          onServices(ports, owner, (services) => services.reseal(sealed, renewed)),
        );
    }
    const headers = and(eq(telemetry.tenantId, tenantId), isNotNull(telemetry.sealedHeaders));
    for (const { environment, sealedHeaders } of await database.select().from(telemetry).where(headers)) {
      await renew({ tenantId, purpose: "telemetry", id: environment }, sealedHeaders ?? "", async (sealed) => {
        const own = and(eq(telemetry.tenantId, tenantId), eq(telemetry.environment, environment));
        const same = and(own, eq(telemetry.sealedHeaders, sealedHeaders ?? ""));
        const changed = await database
          .update(telemetry)
          .set({ sealedHeaders: sealed })
          .where(same)
          .returning({ environment: telemetry.environment });
        return changed.length > 0;
      });
    }
  }
  return found;
}

function ownerOf(tenantId: string, environment: string): Owner {
  return { tenantId, environment: environment === "test" ? "test" : "live" };
}
