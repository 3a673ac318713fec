import type { TenantRpc } from "../../../contracts/rpc.ts";
import type { secrets } from "../../database/tables.ts";

/** Makes the copy of a secret, where calls look, as its row is. */
export function putSecretCopy(tenant: TenantRpc, row: typeof secrets.$inferSelect): Promise<void> {
  const scope = row.scope === null ? null : JSON.parse(row.scope);
  return tenant.putSecret(row.name, row.sealed, scope, row.updatedAt.getTime());
}
