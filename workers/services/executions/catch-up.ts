import type { Context } from "../context.ts";
import { onCell, onTenant } from "../object-calls.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import { exportTelemetry } from "../telemetry/export-telemetry.ts";
import { projectCell } from "./project.ts";

/** A list may lag by two seconds; within one it is not worth asking the cells again. */
const FRESH_MS = 1_000;

/** Isolated executions have an object each: too many to ask for a list. Their hints and the sweeper bring them. */
function isShard(cell: string): boolean {
  return /\/s\d+$/.test(cell);
}

/**
 * Brings the read model up to date before it is listed, so that it does not depend on a queue that may be late or lost.
 * Answers the time up to which it is; with `usage`, that of what long executions have used so far, too. When a cell cannot be reached, the list is as old as it was and says so.
 */
export async function catchUp(context: Context, { usage = false } = {}): Promise<number> {
  const { ports, caller } = context;
  const name = usage ? `${tenantObjectName(caller)} usage` : tenantObjectName(caller);
  const known = ports.projectedAt.get(name);
  const now = ports.now();
  if (known !== undefined && now - known.value < FRESH_MS) return known.value;
  try {
    const cells = await onTenant(ports, caller, (tenant) => tenant.cells());
    await Promise.all(
      cells.filter(isShard).map(async (cell) => {
        if (usage) await onCell(ports, cell, (it) => it.reportUsage());
        const { traces } = await projectCell(ports, cell);
        if (traces > 0) context.background(exportTelemetry(ports));
      }),
    );
  } catch (error) {
    if (known === undefined) throw error;
    return known.value;
  }
  ports.projectedAt.set(name, now, now);
  return now;
}
