import { gt, prerelease, satisfies } from "semver";
import type { CatalogEntry } from "./catalog.ts";

/**
 * Whether a version that its tenant publishes becomes the installed one: where none is, or where it is higher, what was asked for
 * takes it, and a release does not give way to a pre-release.
 */
export function takesOver(entry: Pick<CatalogEntry, "installed" | "range"> | undefined, version: string): boolean {
  const { installed = null, range = null } = entry ?? {};
  if (installed === null || installed === version) return true;
  if (prerelease(version) !== null && prerelease(installed) === null) return false;
  return gt(version, installed) && (range === null || satisfies(version, range));
}
