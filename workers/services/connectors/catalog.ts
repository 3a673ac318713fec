import { and, eq } from "drizzle-orm";
import { compare } from "semver";
import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import { connectorInstallations, connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { freshRead } from "../fresh-read.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";

/** A connector of the catalog: its name and the versions there are, lowest first. */
export interface CatalogEntry {
  namespace: string;
  name: string;
  versions: string[];
  /** What no version means; null when the tenant has removed it. */
  installed: string | null;
  /** Those of them that the tenant has published itself: they come before the platform's of the same version. */
  own: string[];
}

/** Everything that a tenant and environment can use, by `namespace/name`. */
export type Catalog = ReadonlyMap<string, CatalogEntry>;

export function qualifiedName({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** First-party connectors are there for everybody, without a row anywhere. */
function firstPartyCatalog(): Map<string, CatalogEntry> {
  const catalog = new Map<string, CatalogEntry>();
  for (const { namespace, name, version } of FIRST_PARTY) {
    catalog.set(qualifiedName({ namespace, name }), {
      namespace,
      name,
      versions: [version],
      installed: version,
      own: [],
    });
  }
  return catalog;
}

/** Straight from Postgres: what a change must be checked against. */
export async function loadCatalog({ ports, caller }: Context): Promise<Catalog> {
  const { database } = ports;
  const [versions, installations] = await database.batch([
    database
      .select({
        namespace: connectorVersions.namespace,
        name: connectorVersions.name,
        version: connectorVersions.version,
      })
      .from(connectorVersions)
      .where(
        and(eq(connectorVersions.tenantId, caller.tenantId), eq(connectorVersions.environment, caller.environment)),
      ),
    database
      .select()
      .from(connectorInstallations)
      .where(
        and(
          eq(connectorInstallations.tenantId, caller.tenantId),
          eq(connectorInstallations.environment, caller.environment),
        ),
      ),
  ]);
  const catalog = firstPartyCatalog();
  for (const row of versions) {
    const key = qualifiedName(row);
    const entry = catalog.get(key) ?? {
      namespace: row.namespace,
      name: row.name,
      versions: [],
      installed: null,
      own: [],
    };
    entry.own.push(row.version);
    if (!entry.versions.includes(row.version)) entry.versions.push(row.version);
    catalog.set(key, entry);
  }
  for (const row of installations) {
    const entry = catalog.get(qualifiedName(row));
    if (entry?.versions.includes(row.version)) entry.installed = row.version;
  }
  for (const entry of catalog.values()) entry.versions.sort(compare);
  return catalog;
}

/** The tenant's catalog. Without Postgres the one last seen: the platform's part alone could mean another connector of the same name. */
export async function catalogOf(context: Context): Promise<Catalog> {
  const key = tenantObjectName(context.caller);
  const catalog = await freshRead(context, context.ports.catalogs, key, () => loadCatalog(context));
  return catalog ?? firstPartyCatalog();
}

export function forgetCatalog({ ports, caller }: Context): void {
  ports.catalogs.delete(tenantObjectName(caller));
}
