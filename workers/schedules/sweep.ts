import type { Ports } from "../services/context.ts";
import { exportTelemetry } from "../services/telemetry/export-telemetry.ts";
import { sweepTenants } from "../services/tenants/sweep.ts";
import { sweepTriggers } from "../services/triggers/sweep.ts";

/** Wakes what should be running and moves what should have been moved: the cure for every lost hint and alarm. */
export async function sweep(ports: Ports): Promise<void> {
  const { cells, inFlight, failed } = await sweepTenants(ports);
  await exportTelemetry(ports);
  const triggers = await sweepTriggers(ports);
  if (triggers.repaired > 0) console.info(JSON.stringify({ level: "info", message: "swept triggers", ...triggers }));
  if (failed > 0 || inFlight > 0)
    console.info(JSON.stringify({ level: "info", message: "swept", cells, in_flight: inFlight, failed }));
}
