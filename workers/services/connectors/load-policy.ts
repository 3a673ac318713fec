import { and, eq } from "drizzle-orm";
import type { TrustPolicyBody } from "../../../contracts/api/connectors.ts";
import { trustPolicies } from "../../database/tables.ts";
import type { Context } from "../context.ts";

/** What a tenant lets be installed and run. */
export type TrustPolicy = TrustPolicyBody;

/** The row, if any, in which the tenant has said it. */
export function loadPolicy({ ports, caller }: Context) {
  return ports.database
    .select({ policy: trustPolicies.policy })
    .from(trustPolicies)
    .where(and(eq(trustPolicies.tenantId, caller.tenantId), eq(trustPolicies.environment, caller.environment)));
}
