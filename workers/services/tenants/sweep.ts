import { limitsOf, retentionMs } from "../../../contracts/limits.ts";
import type { Ports } from "../context.ts";
import { finishPurges } from "../executions/purge.ts";
import { projectCell } from "../executions/project.ts";
import { onCell, onTenant } from "../object-calls.ts";
import { auditUses } from "../settings/audit-uses.ts";
import { tenantIds } from "./tenant-ids.ts";

const ENVIRONMENTS = ["live", "test"] as const;

function warn(message: string, where: object, error: unknown): void {
  console.error(JSON.stringify({ level: "warn", message, ...where, error: String(error) }));
}

/** Wakes every cell of every tenant, and empties its outbox. One that fails does not keep the others from waking. */
export async function sweepTenants(ports: Ports): Promise<{ cells: number; inFlight: number; failed: number }> {
  const found = { cells: 0, inFlight: 0, failed: 0 };
  for await (const tenantId of tenantIds(ports)) {
    for (const environment of ENVIRONMENTS) {
      try {
        const owner = { tenantId, environment };
        const cells = await onTenant(ports, owner, (tenant) => tenant.cells());
        const { limits } = await onTenant(ports, owner, (tenant) => tenant.settings());
        const keptMs = retentionMs(limitsOf(ports.defaultLimits, limits));
        await auditUses(ports, owner);
        for (const cell of cells) {
          found.cells += 1;
          try {
            found.inFlight += await onCell(ports, cell, (it) => it.wake(keptMs));
            await projectCell(ports, cell);
            await finishPurges(ports, owner, cell);
          } catch (error) {
            found.failed += 1;
            warn("a cell was not swept", { tenant: tenantId, environment, cell }, error);
          }
        }
      } catch (error) {
        found.failed += 1;
        warn("a tenant was not swept", { tenant: tenantId, environment }, error);
      }
    }
  }
  return found;
}
