import type { SettingReader } from "../../../contracts/setting-scope.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/** Values of the tenant's environment, where a workflow reads any that are for it: undefined where it reads none. */
export async function environmentValues(
  context: Context,
  names: readonly string[],
  reader: SettingReader,
): Promise<JsonObject | undefined> {
  if (names.length === 0) return undefined;
  return onTenant(context.ports, context.caller, (tenant) => tenant.envValues([...names], reader));
}
