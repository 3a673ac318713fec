import { and, eq, isNotNull, ne, or, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { connectorVersions } from "../../database/tables.ts";
import { DEFAULT_NAMESPACE } from "../connectors/namespaces.ts";
import type { VersionName } from "../connectors/version-row.ts";
import type { Context } from "../context.ts";

/**
 * Holds the rows of connector versions until the batch stands, and undoes the batch where one was taken away, or out of sight,
 * meanwhile: whoever takes one away holds it too, and then sees who pins it. The platform's own have no rows.
 */
export function stillThere({ ports, caller }: Context, versions: readonly VersionName[]): BatchItem<"pg">[] {
  const own = eq(connectorVersions.tenantId, caller.tenantId);
  const held = and(
    eq(connectorVersions.environment, caller.environment),
    or(
      ...versions.map(({ namespace, name, version }) =>
        and(
          eq(connectorVersions.namespace, namespace),
          eq(connectorVersions.name, name),
          eq(connectorVersions.version, version),
          // There, everybody has connectors of any name: the tenant's own is meant.
          namespace === DEFAULT_NAMESPACE ? own : undefined,
        ),
      ),
    ),
  );
  const gone = or(
    isNotNull(connectorVersions.unpublishedAt),
    and(ne(connectorVersions.tenantId, caller.tenantId), ne(connectorVersions.visibility, "public")),
  );
  const { database } = ports;
  return [
    database.select({ version: connectorVersions.version }).from(connectorVersions).where(held).for("share"),
    database
      .select({ one: sql`1 / (case when count(*) = 0 then 1 else 0 end)` })
      .from(connectorVersions)
      .where(and(held, gone)),
  ];
}
