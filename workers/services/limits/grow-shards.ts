import { eq } from "drizzle-orm";
import { failure, type Result } from "../../../contracts/errors.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { ShardMap } from "../../../contracts/shard-map.ts";
import { tenants } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/** More shards for a tenant and environment: starts go to them as isolates hear of it, within 10 s. For scripts only. */
export async function growShards(ports: Ports, owner: Owner, count: number): Promise<Result<ShardMap>> {
  const [known] = await ports.database.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, owner.tenantId));
  if (known === undefined) return failure("NOT_FOUND", "There is no such tenant.");
  return onTenant(ports, owner, (tenant) => tenant.growShards(count));
}
