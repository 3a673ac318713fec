import { TRUST_LEVELS } from "../../../contracts/api/connectors.ts";
import { trustPolicies } from "../../database/tables.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { type Catalog, type CatalogEntry, forgetCatalog, qualifiedName } from "./catalog.ts";
import { loadPolicy, type TrustPolicy } from "./load-policy.ts";

/** Everything that a tenant can see, as long as it says nothing else. */
const OPEN_POLICY: TrustPolicy = { allow: [...TRUST_LEVELS], own: true, blocked: [] };

export async function getPolicy(context: Context): Promise<TrustPolicy> {
  const [row] = await loadPolicy(context);
  return row === undefined ? OPEN_POLICY : JSON.parse(row.policy);
}

export async function putPolicy(context: Context, policy: TrustPolicy): Promise<TrustPolicy> {
  const { ports, caller } = context;
  const values = { policy: JSON.stringify(policy), updatedAt: new Date(ports.now()) };
  await ports.database.batch([
    ports.database
      .insert(trustPolicies)
      .values({ tenantId: caller.tenantId, environment: caller.environment, ...values })
      .onConflictDoUpdate({ target: [trustPolicies.tenantId, trustPolicies.environment], set: values }),
    auditEntry(context, "trust_policy.changed", "trust"),
  ]);
  forgetCatalog(context);
  return policy;
}

/** Why the tenant's policy does not let a version be installed or run, if it does not. */
export function policyRefusal(
  { caller }: Context,
  { policy = OPEN_POLICY }: Pick<Catalog, "policy">,
  entry: CatalogEntry,
  version: string,
): string | undefined {
  const facts = entry.facts[version];
  const name = qualifiedName(entry);
  if (policy.blocked.includes(name) || policy.blocked.includes(`${entry.namespace}/*`))
    return `"${name}" is blocked by this tenant's trust policy.`;
  if (facts === undefined || (policy.own && facts.publisher === caller.tenantId)) return undefined;
  if (policy.allow.includes(facts.trust)) return undefined;
  return `"${name}" ${version} is ${facts.trust}: this tenant's trust policy allows ${policy.allow.join(", ") || "nothing"}.`;
}
