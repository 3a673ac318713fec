import type { TenantRpc } from "../../../contracts/rpc.ts";
import type { SettingKind } from "../../../contracts/setting-scope.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/**
 * The row of a setting, after the tenant's object, where calls look, has it as it is. Whoever wrote or deleted the row may have been
 * stopped before the copy: whoever reads it next makes it good.
 */
export async function settled<Row extends { updatedAt: Date }>(
  { ports, caller }: Context,
  kind: SettingKind,
  name: string,
  read: () => Promise<Row | undefined>,
  put: (tenant: TenantRpc, row: Row) => Promise<void>,
): Promise<{ row: Row | undefined; lastUsed: number | undefined }> {
  // The copy first: where its row is not there after that, it was deleted, and one that is written since is newer.
  const { copyOf, lastUsedAt } = await onTenant(ports, caller, (tenant) => tenant.settingState(kind, name));
  const row = await read();
  if (row === undefined) {
    if (copyOf !== undefined) await onTenant(ports, caller, (tenant) => tenant.deleteSetting(kind, name, copyOf));
  } else if ((copyOf ?? -1) < row.updatedAt.getTime()) await onTenant(ports, caller, (tenant) => put(tenant, row));
  return { row, lastUsed: lastUsedAt };
}
