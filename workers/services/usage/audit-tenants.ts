import type { Ports } from "../context.ts";
import { tenantIds } from "../tenants/tenant-ids.ts";
import { auditUsage, type UsageAudit } from "./audit-usage.ts";

const ENVIRONMENTS = ["live", "test"] as const;

export interface AuditedTenant extends UsageAudit {
  tenant_id: string | null;
  /** Of the next call; null after the last tenant. */
  next_cursor: string | null;
}

/** Audits the tenant that is named, or the one after `cursor`: one a call, so that each ends in time. */
export async function auditTenants(
  ports: Ports,
  { tenantId, cursor, since }: { tenantId?: string; cursor?: string; since: Date },
): Promise<AuditedTenant> {
  const audited: AuditedTenant = { tenant_id: null, next_cursor: null, executions: 0, step_runs: 0, differences: [] };
  const next = tenantId ?? (await tenantIds(ports, cursor).next()).value;
  if (typeof next !== "string") return audited;
  audited.tenant_id = next;
  if (tenantId === undefined) audited.next_cursor = next;
  for (const environment of ENVIRONMENTS) {
    const { executions, step_runs, differences } = await auditUsage(ports, { tenantId: next, environment }, since);
    audited.executions += executions;
    audited.step_runs += step_runs;
    audited.differences.push(...differences);
  }
  return audited;
}
