import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import type { CatalogEntry } from "./catalog.ts";
import { versionRow } from "./version-row.ts";

/** A stored manifest: what `publish` wrote, after it had read and normalised it. */
export function storedManifest(text: string): ConnectorManifest {
  return JSON.parse(text);
}

/** The manifest of a version: the tenant's own, else the platform's. Versions are immutable, so an isolate keeps them. */
export async function manifestOf(
  { ports, caller }: Context,
  entry: CatalogEntry,
  version: string,
): Promise<ConnectorManifest | undefined> {
  const { namespace, name } = entry;
  if (!entry.own.includes(version)) {
    return FIRST_PARTY.find((it) => it.namespace === namespace && it.name === name && it.version === version);
  }
  const key = `${tenantObjectName(caller)}/${namespace}/${name}@${version}`;
  const known = ports.manifests.get(key);
  if (known !== undefined) return known.value;
  const [row] = await ports.database
    .select({ manifest: connectorVersions.manifest })
    .from(connectorVersions)
    .where(versionRow(caller, { namespace, name, version }));
  if (row === undefined) return undefined;
  const manifest = storedManifest(row.manifest);
  ports.manifests.set(key, manifest, ports.now());
  return manifest;
}
