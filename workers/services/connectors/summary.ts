import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import type { ConnectorSummary } from "../../../contracts/api/connectors.ts";
import type { CatalogEntry } from "./catalog.ts";
import { connectorUrl } from "./connector-url.ts";

/** A connector as lists show it, in one of its versions. */
export function summaryOf(entry: CatalogEntry, manifest: ConnectorManifest): ConnectorSummary {
  const facts = entry.facts[manifest.version];
  return {
    slug: entry.name,
    namespace: entry.namespace,
    name: entry.name,
    version: manifest.version,
    display_name: manifest.displayName,
    description: manifest.description,
    tags: [...(manifest.categories ?? [])],
    trust: facts?.trust ?? "unverified",
    visibility: facts?.visibility ?? "private",
    deprecated: facts?.deprecated ?? null,
    installed_version: entry.installed,
    url: connectorUrl(manifest),
  };
}
