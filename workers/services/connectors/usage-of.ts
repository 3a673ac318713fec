import { sql } from "drizzle-orm";
import type { Context } from "../context.ts";
import { type CatalogEntry, qualifiedName } from "./catalog.ts";
import { DEFAULT_NAMESPACE } from "./namespaces.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;

/** Where the first of the last thirty days (UTC) began, of which today is the last. */
function usageSince(now: number): Date {
  return new Date((Math.floor(now / DAY_MS) - (DAYS - 1)) * DAY_MS);
}

/** How much a connector is used: tenants that installed it, and calls of its actions in 30 days by the meters' sums. */
export async function usageOf(
  { ports, caller }: Context,
  entry: CatalogEntry,
): Promise<{ installs: number; executions_30d: number }> {
  const since = usageSince(ports.now()).toISOString();
  const { namespace, name } = entry;
  // What several tenants may call the same in `community` is counted for each alone.
  const own = namespace === DEFAULT_NAMESPACE ? sql`and tenant_id = ${caller.tenantId}` : sql``;
  const { rows } = await ports.database.execute<{ installs: string; calls: string }>(sql`
    select
      (select count(*) from connector_installations
        where environment = ${caller.environment} and namespace = ${namespace} and name = ${name} ${own}) as installs,
      (select coalesce(sum(step_runs), 0) from usage_rollups
        where environment = ${caller.environment} and granularity = 'day' and period >= ${since}::timestamptz
          and connector = ${qualifiedName(entry)} ${own}) as calls`);
  return { installs: Number(rows[0]?.installs ?? 0), executions_30d: Math.max(0, Number(rows[0]?.calls ?? 0)) };
}
