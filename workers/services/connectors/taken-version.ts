import { and, eq } from "drizzle-orm";
import { failure, type Failure } from "../../../contracts/errors.ts";
import { textDigest } from "../../../contracts/text-digest.ts";
import { connectorVersions } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { type VersionName, versionRow } from "./version-row.ts";

/**
 * The refusal of a version that is there already; null when it is not. Without `named` it is looked for by the file alone: one that this release
 * reads otherwise than the one before, or cannot read any more, is still the file that was published.
 */
export async function takenVersion(
  { ports, caller }: Context,
  text: string,
  named?: { version: VersionName; sha256: string },
): Promise<Failure | null> {
  const fileDigest = textDigest(text);
  const ofFile = and(
    eq(connectorVersions.tenantId, caller.tenantId),
    eq(connectorVersions.environment, caller.environment),
    eq(connectorVersions.sourceSha256, fileDigest),
  );
  const [row] = await ports.database
    .select({
      namespace: connectorVersions.namespace,
      name: connectorVersions.name,
      version: connectorVersions.version,
      sha256: connectorVersions.sha256,
      sourceSha256: connectorVersions.sourceSha256,
      unpublishedAt: connectorVersions.unpublishedAt,
    })
    .from(connectorVersions)
    .where(named === undefined ? ofFile : versionRow(caller, named.version));
  if (row === undefined) return null;
  const { namespace, name, version } = row;
  const is =
    row.unpublishedAt === null
      ? "is already published, and versions are immutable: raise `version`"
      : "was unpublished; its number is not free again";
  return failure("CONFLICT", `Version ${version} of "${namespace}/${name}" ${is}.`, {
    slug: name,
    namespace,
    version,
    same_content: row.sourceSha256 === fileDigest || row.sha256 === named?.sha256,
  });
}
