import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";

const known = new WeakMap<ConnectorManifest, string>();

/** SHA-256 over the canonical content of a manifest that the platform itself provides. */
export function platformDigest(manifest: ConnectorManifest): string {
  const digest = known.get(manifest) ?? digestOf(JSON.parse(JSON.stringify(manifest)));
  known.set(manifest, digest);
  return digest;
}
