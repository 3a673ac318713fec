import type { Owner } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/**
 * Deletes the copy of a connection that has no row. The copy is what is left to tell its provider by, where whoever deleted the row was
 * stopped before that.
 */
export async function deleteCopy(ports: Pick<Ports, "tenant" | "oauth">, owner: Owner, id: string): Promise<void> {
  const copy = await onTenant(ports, owner, (tenant) => tenant.deleteConnection(id));
  if (copy?.type === "OAUTH2") await ports.oauth.revokeConnection(owner, copy, true).catch(() => false);
}
