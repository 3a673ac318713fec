import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { neededReach } from "../../../connectors/manifest/needed-reach.ts";
import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import { unenforcedLimits } from "../../../connectors/manifest/unenforced-limits.ts";
import type { ConnectorDetail } from "../../../contracts/api/connectors.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { type Catalog, type CatalogEntry, qualifiedName } from "./catalog.ts";
import { pickVersion } from "./find.ts";
import { lookUp } from "./look-up.ts";
import { manifestOf } from "./manifest-of.ts";
import { summaryOf } from "./summary.ts";
import { usageOf } from "./usage-of.ts";

export interface FoundConnector {
  entry: CatalogEntry;
  catalog: Catalog;
  manifest: ConnectorManifest;
}

/** A connector by slug (`name`, `namespace/name`, `namespace--name`) and version; without one the installed, else the highest. */
export async function findManifest(context: Context, slug: string, version?: string): Promise<Result<FoundConnector>> {
  const found = await lookUp(context, slug);
  if (!found.ok) return found;
  const { entry } = found.value;
  const picked = meantVersion(entry, version);
  if (!picked.ok) return picked;
  const manifest = await manifestOf(context, entry, picked.value);
  return manifest.ok ? success({ ...found.value, manifest: manifest.value }) : manifest;
}

/** The version that is meant: without a name the installed one, else the highest. */
export function meantVersion(entry: CatalogEntry, version: string | undefined): Result<string> {
  const picked =
    version === undefined
      ? (entry.installed ?? pickVersion(entry, "*") ?? entry.versions.at(-1))
      : pickVersion(entry, version);
  if (picked) return success(picked);
  return failure("NOT_FOUND", `There is no version "${version ?? ""}" of "${qualifiedName(entry)}".`, {
    versions: entry.versions,
  });
}

/** Everything there is to know of it. */
export async function getConnector(context: Context, slug: string, version?: string): Promise<Result<ConnectorDetail>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  const facts = entry.facts[manifest.version];
  return success({
    ...summaryOf(entry, manifest),
    versions: [...entry.versions].reverse(),
    sha256: facts?.sha256 ?? "",
    published_at: facts?.publishedAt?.toISOString() ?? null,
    readme: manifest.readme ?? null,
    icon: manifest.icon ?? null,
    ...neededReach(manifest),
    unenforced: unenforcedLimits(manifest),
    usage: await usageOf(context, entry),
    actions: manifest.actions.map((action) => ({
      name: action.name,
      description: action.description ?? null,
      input: action.input ?? null,
      output: action.output ?? null,
      idempotent: pinAction(manifest, action.name)?.idempotent ?? false,
      examples: JSON.parse(JSON.stringify(action.examples ?? [])),
    })),
    connector: JSON.parse(JSON.stringify(manifest)),
  });
}
