import { and, eq } from "drizzle-orm";
import type { envValues, secrets } from "../../database/tables.ts";
import type { Context } from "../context.ts";

/** The caller's own value of a name. */
export function ownSetting({ caller }: Context, table: typeof envValues | typeof secrets, name: string) {
  return and(eq(table.tenantId, caller.tenantId), eq(table.environment, caller.environment), eq(table.name, name));
}
