import { and, eq } from "drizzle-orm";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { connectorInstallations } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { forgetCatalog, qualifiedName } from "./catalog.ts";
import { findManifest } from "./get.ts";
import { installation } from "./installation.ts";

export interface Installation {
  status: "installed" | "removed";
  slug: string;
  namespace: string;
  version: string;
}

/** Makes a version the one that is meant when none is named. */
export async function installConnector(
  context: Context,
  slug: string,
  version?: string,
): Promise<Result<Installation>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { namespace, name, version: picked } = found.value.manifest;
  await context.ports.database.batch([
    installation(context, found.value.manifest),
    auditEntry(context, "connector.installed", `${namespace}/${name}@${picked}`),
  ]);
  forgetCatalog(context);
  return success({ status: "installed", slug: name, namespace, version: picked });
}

/** Takes the installation away; what is published and pinned stays. The platform's own connectors are always there. */
export async function removeConnector(context: Context, slug: string): Promise<Result<Installation>> {
  const { ports, caller } = context;
  const found = await findManifest(context, slug);
  if (!found.ok) return found;
  const { entry } = found.value;
  const { namespace, name, installed } = entry;
  if (installed === null) return failure("NOT_FOUND", `"${qualifiedName(entry)}" is not installed.`);
  const own = and(
    eq(connectorInstallations.tenantId, caller.tenantId),
    eq(connectorInstallations.environment, caller.environment),
    eq(connectorInstallations.namespace, namespace),
    eq(connectorInstallations.name, name),
  );
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "connector.removed", `${namespace}/${name}`, connectorInstallations, own),
    ports.database.delete(connectorInstallations).where(own).returning({ version: connectorInstallations.version }),
  ]);
  forgetCatalog(context);
  if (gone.length === 0)
    return failure("CONFLICT", `"${qualifiedName(entry)}" is provided by the platform and cannot be removed.`);
  return success({ status: "removed", slug: name, namespace, version: installed });
}
