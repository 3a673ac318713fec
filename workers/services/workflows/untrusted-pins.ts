import { and, eq } from "drizzle-orm";
import { connectorPins, connectorVersions } from "../../database/tables.ts";
import { addVersions, type CatalogEntry, loadCatalog, qualifiedName } from "../connectors/catalog.ts";
import { loadPolicy } from "../connectors/load-policy.ts";
import { policyRefusal } from "../connectors/trust-policy.ts";
import { selectVersions } from "../connectors/visible-versions.ts";
import type { Context } from "../context.ts";

/** Why the tenant's trust policy does not let a published workflow start, if it does not: by the connectors it has pinned. */
export async function untrustedPin(context: Context, slug: string, version: string): Promise<string | undefined> {
  const { ports, caller } = context;
  const [policies, pins] = await ports.database.batch([
    loadPolicy(context),
    ports.database
      .select({ namespace: connectorPins.namespace, name: connectorPins.name, version: connectorPins.version })
      .from(connectorPins)
      .where(
        and(
          eq(connectorPins.tenantId, caller.tenantId),
          eq(connectorPins.environment, caller.environment),
          eq(connectorPins.workflowSlug, slug),
          eq(connectorPins.workflowVersion, version),
        ),
      ),
  ]);
  if (policies.length === 0 || pins.length === 0) return undefined;
  const catalog = await loadCatalog(context);
  for (const pin of pins) {
    const entry = catalog.get(qualifiedName(pin)) ?? (await foreignEntry(context, pin));
    const refused = entry && policyRefusal(context, catalog, entry, pin.version);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** A connector that is not installed any more is still some tenant's. */
async function foreignEntry(
  context: Context,
  { namespace, name }: { namespace: string; name: string },
): Promise<CatalogEntry | undefined> {
  const found = new Map<string, CatalogEntry>();
  const named = and(eq(connectorVersions.namespace, namespace), eq(connectorVersions.name, name));
  addVersions(found, await selectVersions(context, and(named, eq(connectorVersions.visibility, "public"))));
  return found.get(qualifiedName({ namespace, name }));
}
