import { and, eq } from "drizzle-orm";
import { connectorVersions } from "../../database/tables.ts";
import type { Owner } from "../../../contracts/placement.ts";

/** A version by its full name. */
export interface VersionName {
  namespace: string;
  name: string;
  version: string;
}

/** The one row, if any, of a version that the tenant has published itself. */
export function versionRow(owner: Owner, { namespace, name, version }: VersionName) {
  return and(
    eq(connectorVersions.tenantId, owner.tenantId),
    eq(connectorVersions.environment, owner.environment),
    eq(connectorVersions.namespace, namespace),
    eq(connectorVersions.name, name),
    eq(connectorVersions.version, version),
  );
}
