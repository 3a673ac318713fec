import type { Trust } from "../../../contracts/api/connectors.ts";
import type { Visibility } from "../../../connectors/manifest/manifest.ts";

/** What the registry says of a version, beside its content. */
export interface VersionFacts {
  /** The tenant that published it; null for the platform's own. */
  publisher: string | null;
  sha256: string;
  visibility: Visibility;
  trust: Trust;
  deprecated: { reason: string; replacement_version: string | null } | null;
  publishedAt: Date | null;
}

/** Trust levels (section 10): the platform's own, signed by a key of the namespace, public, and the rest. */
export function trustOf(version: { official: boolean; signed: boolean; visibility: string }): Trust {
  if (version.official) return "official";
  if (version.signed) return "verified";
  return version.visibility === "public" ? "community" : "unverified";
}
