import { gt, lt, major, prerelease } from "semver";
import { breakingChanges } from "../../../connectors/manifest/breaking-changes.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Context } from "../context.ts";
import type { CatalogEntry } from "./catalog.ts";
import { manifestOf } from "./manifest-of.ts";

/** The releases of the same major that a new version takes over from, and those that take over from it, the nearest first. */
function neighbours(entry: CatalogEntry, version: string): { before: string[]; after: string[] } {
  const releases = entry.versions.filter((it) => major(it) === major(version) && prerelease(it) === null);
  return {
    before: releases.filter((it) => lt(it, version)).reverse(),
    after: releases.filter((it) => gt(it, version)),
  };
}

/** The first that can be read: content that was altered says nothing, and a new version is how one gets rid of it. */
async function firstWhole(
  context: Context,
  entry: CatalogEntry,
  versions: readonly string[],
): Promise<Result<ConnectorManifest | undefined>> {
  for (const version of versions) {
    const read = await manifestOf(context, entry, version);
    if (read.ok || read.details?.reason !== "checksum") return read;
  }
  return success(undefined);
}

/**
 * Refuses a version that takes or gives less than the one before it without saying so by its major number (section 10), and one
 * that is followed already by a version that takes or gives less than it.
 */
export async function checkInputs(
  context: Context,
  manifest: ConnectorManifest,
  entry: CatalogEntry | undefined,
): Promise<Result<null>> {
  if (entry === undefined) return success(null);
  const { version } = manifest;
  const { before, after } = neighbours(entry, version);
  const previous = await firstWhole(context, entry, before);
  if (!previous.ok) return previous;
  if (previous.value !== undefined) {
    const changes = breakingChanges(previous.value, manifest);
    if (changes.length > 0)
      return validationFailure(
        changes.map(({ path, message }) => ({
          path,
          message: `${message} (${previous.value?.version} → ${version} is not a new major version)`,
        })),
      );
  }
  // A pre-release is nobody's version before.
  if (prerelease(version) !== null) return success(null);
  const next = await firstWhole(context, entry, after);
  if (!next.ok) return next;
  if (next.value === undefined) return success(null);
  const changes = breakingChanges(manifest, next.value);
  if (changes.length === 0) return success(null);
  const all = changes.map(({ message }) => message).join("; ");
  return validationFailure([
    {
      path: "/connector/version",
      message: `${next.value.version} is there already, and would break who uses ${version}: ${all}`,
    },
  ]);
}
