import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, qualifiedName } from "./catalog.ts";
import { lookUp } from "./look-up.ts";
import type { VersionFacts } from "./version-facts.ts";

export interface OwnVersion {
  entry: CatalogEntry;
  facts: VersionFacts;
}

/** An exact version that the caller has published itself: what others published is not its to change. */
export async function ownVersion(context: Context, slug: string, version: string): Promise<Result<OwnVersion>> {
  const found = await lookUp(context, slug);
  if (!found.ok) return found;
  const { entry } = found.value;
  const facts = entry.facts[version];
  if (facts === undefined) return noVersion(entry, version);
  if (facts.publisher === context.caller.tenantId) return success({ entry, facts });
  return failure(
    "FORBIDDEN",
    `"${qualifiedName(entry)}" ${version} is not this tenant's: only who published it may change it.`,
  );
}

function noVersion(entry: CatalogEntry, version: string): Failure {
  return failure("NOT_FOUND", `There is no version "${version}" of "${qualifiedName(entry)}".`, {
    versions: entry.versions,
  });
}
