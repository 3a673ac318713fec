import { and, eq } from "drizzle-orm";
import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import type { ConnectorSummary } from "../../../contracts/api/connectors.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, loadCatalog, qualifiedName } from "./catalog.ts";
import { connectorUrl } from "./publish.ts";

type Shown = Pick<ConnectorManifest, "namespace" | "name" | "version" | "displayName" | "description" | "categories">;

/** A connector as lists show it, in the version that is installed, else the highest. */
export function summaryOf(entry: CatalogEntry, manifest: Shown): ConnectorSummary {
  return {
    slug: entry.name,
    namespace: entry.namespace,
    name: entry.name,
    version: manifest.version,
    display_name: manifest.displayName,
    description: manifest.description,
    tags: [...(manifest.categories ?? [])],
    trust: entry.own.includes(manifest.version) ? "unverified" : "official",
    installed_version: entry.installed,
    url: connectorUrl(manifest),
  };
}

async function titles({ ports, caller }: Context): Promise<Shown[]> {
  const rows = await ports.database
    .select({
      namespace: connectorVersions.namespace,
      name: connectorVersions.name,
      version: connectorVersions.version,
      displayName: connectorVersions.title,
      description: connectorVersions.description,
      categories: connectorVersions.tags,
    })
    .from(connectorVersions)
    .where(and(eq(connectorVersions.tenantId, caller.tenantId), eq(connectorVersions.environment, caller.environment)));
  return [...rows.map((row) => ({ ...row, description: row.description ?? "" })), ...FIRST_PARTY];
}

export interface ConnectorSearch {
  q?: string;
  tag?: string;
}

function matches(summary: ConnectorSummary, { q, tag }: ConnectorSearch): boolean {
  const text =
    `${summary.namespace}/${summary.name} ${summary.display_name} ${summary.description ?? ""}`.toLowerCase();
  return (q === undefined || text.includes(q.toLowerCase())) && (tag === undefined || summary.tags.includes(tag));
}

/** Every connector the tenant can see that fits, by name. */
export async function searchConnectors(context: Context, search: ConnectorSearch): Promise<ConnectorSummary[]> {
  const [catalog, shown] = await Promise.all([loadCatalog(context), titles(context)]);
  const summaries: ConnectorSummary[] = [];
  for (const entry of catalog.values()) {
    const version = entry.installed ?? entry.versions.at(-1);
    const manifest = shown.find((it) => qualifiedName(it) === qualifiedName(entry) && it.version === version);
    if (manifest !== undefined) summaries.push(summaryOf(entry, manifest));
  }
  const key = (it: ConnectorSummary) => `${it.name}\0${it.namespace}`;
  return summaries.filter((it) => matches(it, search)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
