import type { Context } from "../context.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";
import { pickVersion } from "./find.ts";
import { policyRefusal } from "./trust-policy.ts";

export type Allowed = { ok: true; version: string } | { ok: false; message: string };

/**
 * The version that may be used where `picked` is what `range` means: the highest that fits and that the tenant's trust policy allows.
 * Who names one version means that one, and is told why not.
 */
export function allowedVersion(
  context: Context,
  catalog: Pick<Catalog, "policy">,
  entry: CatalogEntry,
  picked: string,
  range: string | undefined,
): Allowed {
  const refused = policyRefusal(context, catalog, entry, picked);
  if (refused === undefined) return { ok: true, version: picked };
  if (range === undefined || range === picked) return { ok: false, message: refused };
  const versions = entry.versions.filter((it) => policyRefusal(context, catalog, entry, it) === undefined);
  const version = pickVersion({ ...entry, versions }, range);
  return version === null
    ? { ok: false, message: `${refused} No version that is ${range} is allowed.` }
    : { ok: true, version };
}
