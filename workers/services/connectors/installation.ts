import { connectorInstallations } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import type { VersionName } from "./version-row.ts";

/** Makes a version the one that the tenant means when it names none. To be written in the batch of the change. */
export function installation({ ports, caller }: Context, { namespace, name, version }: VersionName) {
  const { tenantId, environment } = caller;
  const installedAt = new Date(ports.now());
  return ports.database
    .insert(connectorInstallations)
    .values({ tenantId, environment, namespace, name, version, installedAt })
    .onConflictDoUpdate({
      target: [
        connectorInstallations.tenantId,
        connectorInstallations.environment,
        connectorInstallations.namespace,
        connectorInstallations.name,
      ],
      set: { version, installedAt },
    });
}
