import { stringify } from "yaml";
import { connectorFile } from "../../../connectors/manifest/connector-file.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Json } from "../../../engine/json.ts";
import { parseSource, type SourceFormat } from "../../../engine/source/parse.ts";
import { toJson } from "../../../engine/source/tree.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { textDigest } from "../../../contracts/text-digest.ts";
import { findManifest } from "./get.ts";
import { damaged } from "./manifest-of.ts";
import { type VersionName, versionRow } from "./version-row.ts";

/** A definition as text. */
export interface Definition {
  format: SourceFormat;
  text: string;
}

/** The text that was published as this version; undefined for the platform's own. */
async function publishedText(
  { ports, caller }: Context,
  publisher: string | null,
  version: VersionName,
): Promise<Result<Definition | undefined>> {
  if (publisher === null) return success(undefined);
  const [row] = await ports.database
    .select({
      text: connectorVersions.source,
      format: connectorVersions.sourceFormat,
      sha256: connectorVersions.sourceSha256,
    })
    .from(connectorVersions)
    .where(versionRow({ tenantId: publisher, environment: caller.environment }, version));
  if (row === undefined || row.text === null) return success(undefined);
  if (row.sha256 !== null && row.sha256 !== textDigest(row.text))
    return damaged(`${version.namespace}/${version.name}@${version.version}`);
  return success({ text: row.text, format: row.format === "json" ? "json" : "yaml" });
}

function write(value: Json, format: SourceFormat): string {
  return format === "json" ? JSON.stringify(value) : stringify(value, { version: "1.2", aliasDuplicateObjects: false });
}

/**
 * The complete definition of a connector version: byte for byte as it was published, or in the other form where that is
 * `wanted`. The platform's own are written as JSON.
 */
export async function getDefinition(
  context: Context,
  slug: string,
  version: string,
  wanted: SourceFormat | undefined,
): Promise<Result<Definition>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  const publisher = entry.facts[manifest.version]?.publisher ?? null;
  const stored = await publishedText(context, publisher, manifest);
  if (!stored.ok) return stored;
  const published = stored.value;
  const format = wanted ?? published?.format ?? "json";
  if (published === undefined) return success({ format, text: write(connectorFile(manifest), format) });
  if (published.format === format) return success(published);
  const { tree } = parseSource(published.text, published.format);
  if (tree === undefined) return failure("INTERNAL_ERROR", "The stored definition cannot be read.");
  return success({ format, text: write(toJson(tree.root), format) });
}
