import { and, eq } from "drizzle-orm";
import { connectorVersions } from "../../database/tables.ts";
import type { Owner } from "../../../contracts/placement.ts";

/** A version by its full name. */
export interface VersionName {
  namespace: string;
  name: string;
  version: string;
}

/** All versions of a connector that the tenant has published itself. */
export function connectorRows(owner: Owner, { namespace, name }: Omit<VersionName, "version">) {
  return and(
    eq(connectorVersions.tenantId, owner.tenantId),
    eq(connectorVersions.environment, owner.environment),
    eq(connectorVersions.namespace, namespace),
    eq(connectorVersions.name, name),
  );
}

/** The one row, if any, of a version that the tenant has published itself. */
export function versionRow(owner: Owner, version: VersionName) {
  return and(connectorRows(owner, version), eq(connectorVersions.version, version.version));
}
