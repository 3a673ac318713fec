import { and, eq } from "drizzle-orm";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { LIMIT_NAMES, type LimitName, type LimitOverrides, limitProblem } from "../../../contracts/limits.ts";
import type { Owner } from "../../../contracts/placement.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { tenantLimits, tenants } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/** Changes some limits of a tenant and environment: Postgres first, then the copy that counts. For scripts only. */
export async function changeLimits(
  ports: Ports,
  owner: Owner,
  changes: Partial<Record<LimitName, number | null>>,
): Promise<Result<LimitOverrides>> {
  const problems = Object.entries(changes).flatMap(([name, value]) => {
    const message = value === null ? undefined : limitProblem(name, value);
    return message === undefined ? [] : [{ path: `/limits/${name}`, message }];
  });
  if (problems.length > 0) return validationFailure(problems);
  const { database } = ports;
  const { tenantId, environment } = owner;
  const own = and(eq(tenantLimits.tenantId, tenantId), eq(tenantLimits.environment, environment));
  const [known] = await database.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId));
  if (known === undefined) return failure("NOT_FOUND", "There is no such tenant.");
  const [row] = await database.select().from(tenantLimits).where(own);
  const before: LimitOverrides = row === undefined ? {} : JSON.parse(row.limits);
  const after: LimitOverrides = {};
  for (const name of LIMIT_NAMES) {
    const value = changes[name] === undefined ? before[name] : changes[name];
    if (value !== undefined && value !== null) after[name] = value;
  }
  const changed = { limits: JSON.stringify(after), updatedAt: new Date(ports.now()) };
  await database
    .insert(tenantLimits)
    .values({ tenantId, environment, ...changed })
    .onConflictDoUpdate({ target: [tenantLimits.tenantId, tenantLimits.environment], set: changed });
  await onTenant(ports, owner, (tenant) => tenant.putLimits(after));
  return success(after);
}
