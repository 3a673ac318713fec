import { iconBytes } from "../../../connectors/manifest/icon-bytes.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { qualifiedName } from "./catalog.ts";
import { findManifest } from "./get.ts";

/** The readme of a version: Markdown without HTML. */
export async function getReadme(context: Context, slug: string, version: string): Promise<Result<string>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  if (manifest.readme !== undefined) return success(manifest.readme);
  return failure("NOT_FOUND", `"${qualifiedName(entry)}" ${manifest.version} has no readme.`);
}

/** The icon of a version, where it was published with it; where it stands elsewhere, its address. */
export async function getIcon(
  context: Context,
  slug: string,
  version: string,
): Promise<Result<{ type: string; bytes: Uint8Array<ArrayBuffer> }>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  const name = `"${qualifiedName(entry)}" ${manifest.version}`;
  if (manifest.icon === undefined) return failure("NOT_FOUND", `${name} has no icon.`);
  const picture = iconBytes(manifest.icon);
  if (picture !== undefined) return success(picture);
  return failure("NOT_FOUND", `The icon of ${name} is not kept here, but at its own address.`, { icon: manifest.icon });
}
