import { type SQL, sql } from "drizzle-orm";
import { connectorInstallations } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import type { VersionName } from "./version-row.ts";

interface Wanted {
  /** What it takes of what is published later; null for whatever is newest. */
  range?: string | null;
  /** What must hold for it. */
  found?: SQL;
  /** Only over an installation with this range: another one was made in the meantime, and stays. */
  over?: string | null;
}

/**
 * Makes a version the one that the tenant means when it names none, if `found`. To be written in the batch of the change.
 */
export function installation(
  { ports, caller }: Context,
  { namespace, name, version }: VersionName,
  { range = null, found = sql`true`, over }: Wanted = {},
) {
  const { tenantId, environment } = caller;
  const installedAt = new Date(ports.now());
  return ports.database
    .insert(connectorInstallations)
    .select(
      sql`select ${tenantId}, ${environment}, ${namespace}, ${name}, ${version}, ${range}, ${installedAt.toISOString()}::timestamptz where ${found}`,
    )
    .onConflictDoUpdate({
      target: [
        connectorInstallations.tenantId,
        connectorInstallations.environment,
        connectorInstallations.namespace,
        connectorInstallations.name,
      ],
      set: { version, range, installedAt },
      ...(over === undefined ? {} : { setWhere: sql`${connectorInstallations.range} is not distinct from ${over}` }),
    });
}
