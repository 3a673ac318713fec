import { and, eq, isNull, type SQL } from "drizzle-orm";
import { connectorVersions, publisherKeys } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { trustOf, type VersionFacts } from "./version-facts.ts";

/** Rows of versions that are published, with what the registry says of them. */
export function selectVersions({ ports, caller }: Context, where: SQL | undefined) {
  return ports.database
    .select({
      publisher: connectorVersions.tenantId,
      namespace: connectorVersions.namespace,
      name: connectorVersions.name,
      version: connectorVersions.version,
      sha256: connectorVersions.sha256,
      visibility: connectorVersions.visibility,
      deprecatedReason: connectorVersions.deprecatedReason,
      replacementVersion: connectorVersions.replacementVersion,
      publishedAt: connectorVersions.publishedAt,
      keyId: publisherKeys.id,
    })
    .from(connectorVersions)
    .leftJoin(publisherKeys, and(eq(publisherKeys.id, connectorVersions.signatureKey), isNull(publisherKeys.revokedAt)))
    .where(and(eq(connectorVersions.environment, caller.environment), isNull(connectorVersions.unpublishedAt), where));
}

export type VersionRow = Awaited<ReturnType<typeof selectVersions>>[number];

export function factsOf(row: VersionRow): VersionFacts {
  const visibility = row.visibility === "public" ? "public" : "private";
  return {
    publisher: row.publisher,
    sha256: row.sha256,
    visibility,
    trust: trustOf({ official: false, signed: row.keyId !== null, visibility }),
    deprecated:
      row.deprecatedReason === null
        ? null
        : { reason: row.deprecatedReason, replacement_version: row.replacementVersion },
    publishedAt: row.publishedAt,
  };
}
