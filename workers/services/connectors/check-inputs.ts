import { lt, major, prerelease } from "semver";
import { breakingChanges } from "../../../connectors/manifest/breaking-changes.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Context } from "../context.ts";
import type { CatalogEntry } from "./catalog.ts";
import { manifestOf } from "./manifest-of.ts";

/** The version that a new one takes over from: the highest release below it of the same major. */
function versionBefore(entry: CatalogEntry, version: string): string | undefined {
  return entry.versions.findLast((it) => lt(it, version) && major(it) === major(version) && prerelease(it) === null);
}

/** Refuses a version that takes less than the one before it without saying so by its major number (section 10). */
export async function checkInputs(
  context: Context,
  manifest: ConnectorManifest,
  entry: CatalogEntry | undefined,
): Promise<Result<null>> {
  const before = entry && versionBefore(entry, manifest.version);
  const previous = entry && before && (await manifestOf(context, entry, before));
  if (!previous) return success(null);
  const changes = breakingChanges(previous, manifest);
  if (changes.length === 0) return success(null);
  return validationFailure(
    changes.map(({ path, message }) => ({
      path,
      message: `${message} (${before} → ${manifest.version} is not a new major version)`,
    })),
  );
}
