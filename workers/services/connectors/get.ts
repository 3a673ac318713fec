import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import type { ConnectorDetail } from "../../../contracts/api/connectors.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, loadCatalog, qualifiedName } from "./catalog.ts";
import { findConnector, pickVersion } from "./find.ts";
import { manifestOf } from "./manifest-of.ts";
import { summaryOf } from "./search.ts";
import { versionRow } from "./version-row.ts";

export interface FoundConnector {
  entry: CatalogEntry;
  manifest: ConnectorManifest;
}

/** A connector by slug (`name`, `namespace/name`, `namespace--name`) and version; without one the installed, else the highest. */
export async function findManifest(context: Context, slug: string, version?: string): Promise<Result<FoundConnector>> {
  const found = findConnector(await loadCatalog(context), slug);
  if (!found.found)
    return failure(
      "NOT_FOUND",
      `There is no connector "${slug}".`,
      found.suggestion === undefined ? undefined : { suggestion: found.suggestion },
    );
  const { entry } = found;
  const picked = version === undefined ? (entry.installed ?? entry.versions.at(-1)) : pickVersion(entry, version);
  const manifest = picked && (await manifestOf(context, entry, picked));
  if (!manifest)
    return failure("NOT_FOUND", `There is no version "${version ?? ""}" of "${qualifiedName(entry)}".`, {
      versions: entry.versions,
    });
  return success({ entry, manifest });
}

/** Everything there is to know of it. */
export async function getConnector(context: Context, slug: string, version?: string): Promise<Result<ConnectorDetail>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  const { ports, caller } = context;
  const [row] = await ports.database
    .select({ sha256: connectorVersions.sha256, publishedAt: connectorVersions.publishedAt })
    .from(connectorVersions)
    .where(versionRow(caller, manifest));
  return success({
    ...summaryOf(entry, manifest),
    versions: [...entry.versions].reverse(),
    sha256: row?.sha256 ?? digestOf(JSON.parse(JSON.stringify(manifest))),
    published_at: row?.publishedAt.toISOString() ?? null,
    actions: manifest.actions.map((action) => ({
      name: action.name,
      description: action.description ?? null,
      input: action.input ?? null,
      output: action.output ?? null,
      idempotent: pinAction(manifest, action.name)?.idempotent ?? false,
    })),
    connector: JSON.parse(JSON.stringify(manifest)),
  });
}
