import type { Ports } from "../context.ts";
import { projectCell } from "../executions/project.ts";
import { onCell, onTenant } from "../object-calls.ts";
import { tenantIds } from "./tenant-ids.ts";

const ENVIRONMENTS = ["live", "test"] as const;

/** Wakes every cell of every tenant, and empties its outbox. One that fails does not keep the others from waking. */
export async function sweepTenants(ports: Ports): Promise<{ cells: number; inFlight: number; failed: number }> {
  const found = { cells: 0, inFlight: 0, failed: 0 };
  for await (const tenantId of tenantIds(ports)) {
    for (const environment of ENVIRONMENTS) {
      try {
        const cells = await onTenant(ports, { tenantId, environment }, (tenant) => tenant.cells());
        for (const cell of cells) {
          found.cells += 1;
          found.inFlight += await onCell(ports, cell, (it) => it.wake());
          await projectCell(ports, cell);
        }
      } catch (error) {
        found.failed += 1;
        console.error(
          JSON.stringify({
            level: "warn",
            message: "a tenant was not swept",
            tenant: tenantId,
            environment,
            error: String(error),
          }),
        );
      }
    }
  }
  return found;
}
