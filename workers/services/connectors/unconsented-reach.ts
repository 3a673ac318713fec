import { type AddedReach, addedReach } from "../../../connectors/manifest/added-reach.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import type { CatalogEntry } from "./catalog.ts";
import { manifestOf } from "./manifest-of.ts";

const NONE: AddedReach = { secrets: [], hosts: [], context: [] };

/**
 * What another tenant's connector takes in this version, and where it carries that, beyond the installed one: whoever installed that one
 * was not shown it, so a range or number in a workflow does not let it have it.
 */
export async function unconsentedReach(
  context: Context,
  entry: CatalogEntry,
  manifest: ConnectorManifest,
): Promise<Result<AddedReach>> {
  const { installed, facts } = entry;
  const publisher = facts[manifest.version]?.publisher ?? null;
  if (publisher === null || publisher === context.caller.tenantId) return success(NONE);
  if (installed === null || installed === manifest.version) return success(NONE);
  const shown = await manifestOf(context, entry, installed);
  // One that was taken away meanwhile was shown to nobody who could still look.
  if (!shown.ok && shown.code !== "NOT_FOUND") return shown;
  return success(addedReach(shown.ok ? shown.value : undefined, manifest));
}
