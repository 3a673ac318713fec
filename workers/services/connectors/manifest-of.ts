import { and, isNull } from "drizzle-orm";
import { DOCUMENTED_FIRST_PARTY } from "../../../connectors/first-party/documented.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, qualifiedName } from "./catalog.ts";
import { versionRow } from "./version-row.ts";

/** What was read of storage, if it is what was published (threat T23). */
function checkedManifest(text: string, sha256: string): ConnectorManifest | undefined {
  try {
    const content = JSON.parse(text);
    return digestOf(content) === sha256 ? content : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The manifest of a version. What is stored must have the digest that was taken when it was published; an isolate keeps
 * manifests under that digest.
 */
export async function manifestOf(
  { ports, caller }: Context,
  entry: CatalogEntry,
  version: string,
): Promise<Result<ConnectorManifest>> {
  const { namespace, name, facts } = entry;
  const gone = failure("NOT_FOUND", `The connector "${qualifiedName(entry)}" ${version} is gone.`);
  const { publisher, sha256 } = facts[version] ?? {};
  if (publisher === undefined || sha256 === undefined) return gone;
  if (publisher === null) {
    const own = DOCUMENTED_FIRST_PARTY.find(
      (it) => it.namespace === namespace && it.name === name && it.version === version,
    );
    return own === undefined ? gone : success(own);
  }
  const key = `${publisher}/${sha256}`;
  const known = ports.manifests.get(key);
  if (known !== undefined) return success(known.value);
  const [row] = await ports.database
    .select({ manifest: connectorVersions.manifest })
    .from(connectorVersions)
    // What was unpublished meanwhile has no content, and is not damaged.
    .where(
      and(
        versionRow({ tenantId: publisher, environment: caller.environment }, { namespace, name, version }),
        isNull(connectorVersions.unpublishedAt),
      ),
    );
  if (row === undefined) return gone;
  const manifest = checkedManifest(row.manifest, sha256);
  if (manifest === undefined) return damaged(`${qualifiedName(entry)}@${version}`);
  ports.manifests.set(key, manifest, ports.now());
  return success(manifest);
}

/** The refusal of content that is not what was published. */
export function damaged(subject: string) {
  console.error(
    JSON.stringify({ level: "error", message: "a connector's content is not what was published", subject }),
  );
  return failure(
    "INTERNAL_ERROR",
    `The stored content of ${subject} is not what was published (its SHA-256 differs): it is not loaded. Publish a new version, or name another one.`,
    { reason: "checksum" },
  );
}
