import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { type Result, success } from "../../../contracts/errors.ts";
import { discoverTools } from "./discover-tools.ts";
import type { Context } from "../context.ts";

/** Makes of a manifest what is stored, or says why it cannot be published: checks modules, asks servers for their tools. */
export type Preparation = (context: Context, manifest: ConnectorManifest) => Promise<Result<ConnectorManifest>>;

/** Each gets what the one before it made. They run before names, changes and trust are checked, and before the digest is taken. */
const PREPARATIONS: readonly Preparation[] = [discoverTools];

/** The manifest as it will be stored, hashed and pinned. */
export async function prepareManifest(
  context: Context,
  written: ConnectorManifest,
): Promise<Result<ConnectorManifest>> {
  let manifest = written;
  for (const prepare of PREPARATIONS) {
    const prepared = await prepare(context, manifest);
    if (!prepared.ok) return prepared;
    manifest = prepared.value;
  }
  return success(manifest);
}
