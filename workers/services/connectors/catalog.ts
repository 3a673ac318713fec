import { and, eq, exists, or, sql } from "drizzle-orm";
import { compare } from "semver";
import { DOCUMENTED_FIRST_PARTY } from "../../../connectors/first-party/documented.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import { connectorInstallations, connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { freshRead } from "../fresh-read.ts";
import { platformDigest } from "./platform-digest.ts";
import { loadPolicy, type TrustPolicy } from "./load-policy.ts";
import type { VersionFacts } from "./version-facts.ts";
import { factsOf, selectVersions, type VersionRow } from "./visible-versions.ts";

/** A connector of the catalog: its name and the versions there are, lowest first. */
export interface CatalogEntry {
  namespace: string;
  name: string;
  versions: string[];
  /** What no version means; null when the tenant has removed it or has never installed it. */
  installed: string | null;
  /** What its installation takes; null for whatever is newest. */
  range?: string | null;
  /** By version. */
  facts: Record<string, VersionFacts>;
}

/** Everything that a tenant and environment can use, by `namespace/name`. */
export interface Catalog extends ReadonlyMap<string, CatalogEntry> {
  readonly policy?: TrustPolicy;
}

export function qualifiedName({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** First-party connectors are there for everybody, without a row anywhere. */
function firstPartyCatalog(): Map<string, CatalogEntry> {
  const catalog = new Map<string, CatalogEntry>();
  for (const manifest of DOCUMENTED_FIRST_PARTY) {
    const { namespace, name, version } = manifest;
    const facts: VersionFacts = {
      publisher: null,
      sha256: platformDigest(manifest),
      visibility: "public",
      trust: "official",
      deprecated: null,
      publishedAt: null,
    };
    catalog.set(qualifiedName(manifest), {
      namespace,
      name,
      versions: [version],
      installed: version,
      facts: { [version]: facts },
    });
  }
  return catalog;
}

/** Adds rows to a catalog. Of one version the tenant's own comes before the platform's. */
export function addVersions(catalog: Map<string, CatalogEntry>, rows: readonly VersionRow[]): void {
  for (const row of rows) {
    const key = qualifiedName(row);
    const { namespace, name } = row;
    const entry = catalog.get(key) ?? { namespace, name, versions: [], installed: null, facts: {} };
    entry.facts[row.version] = factsOf(row);
    entry.versions = Object.keys(entry.facts).sort(compare);
    catalog.set(key, entry);
  }
}

/** Straight from Postgres: what a change must be checked against. The tenant's own, and what it installed of others. */
export async function loadCatalog(context: Context): Promise<Catalog> {
  const { ports, caller } = context;
  const { database } = ports;
  const mine = and(
    eq(connectorInstallations.tenantId, caller.tenantId),
    eq(connectorInstallations.environment, caller.environment),
  );
  const installedHere = exists(
    database
      .select({ one: sql`1` })
      .from(connectorInstallations)
      .where(
        and(
          mine,
          eq(connectorInstallations.namespace, connectorVersions.namespace),
          eq(connectorInstallations.name, connectorVersions.name),
        ),
      ),
  );
  const usable = or(
    eq(connectorVersions.tenantId, caller.tenantId),
    and(eq(connectorVersions.visibility, "public"), installedHere),
  );
  const [versions, installations, policies] = await database.batch([
    selectVersions(context, usable),
    database.select().from(connectorInstallations).where(mine),
    loadPolicy(context),
  ]);
  const catalog = firstPartyCatalog();
  addVersions(catalog, versions);
  for (const row of installations) {
    const entry = catalog.get(qualifiedName(row));
    if (entry === undefined) continue;
    entry.range = row.range;
    if (entry.versions.includes(row.version)) entry.installed = row.version;
  }
  return Object.assign(catalog, { policy: policies[0] && JSON.parse(policies[0].policy) });
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
