import { and, eq } from "drizzle-orm";
import { gt } from "semver";
import type { OutdatedConnector } from "../../../contracts/api/connectors.ts";
import { connectorInstallations } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { loadCatalog, qualifiedName } from "./catalog.ts";
import { pickVersion } from "./find.ts";

/** Installed connectors that have a higher version, or whose version is deprecated: by name. */
export async function listOutdated(context: Context): Promise<OutdatedConnector[]> {
  const { ports, caller } = context;
  const catalog = await loadCatalog(context);
  const rows = await ports.database
    .select()
    .from(connectorInstallations)
    .where(
      and(
        eq(connectorInstallations.tenantId, caller.tenantId),
        eq(connectorInstallations.environment, caller.environment),
      ),
    )
    .orderBy(connectorInstallations.name, connectorInstallations.namespace);
  return rows.flatMap((row): OutdatedConnector[] => {
    const entry = catalog.get(qualifiedName(row));
    if (entry === undefined || entry.installed !== row.version) return [];
    const { namespace, name, version: installed } = row;
    const range = row.range === installed ? null : row.range;
    const latest = pickVersion(entry, "*") ?? installed;
    const deprecated = entry.facts[installed]?.deprecated ?? null;
    if (!gt(latest, installed) && deprecated === null) return [];
    const wanted = (row.range === null ? installed : pickVersion(entry, row.range)) ?? installed;
    return [{ slug: name, namespace, installed, range, wanted, latest, deprecated }];
  });
}
