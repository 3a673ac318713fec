import type { Ports } from "../context.ts";
import { exportMetrics } from "./export-metrics.ts";
import { exportTraces } from "./export-traces.ts";
import { forgetTraces } from "./forget-traces.ts";

/** Rounds of one call: what is left waits for the next. */
const ROUNDS = 10;

/** Sends what is due of all tenants. Never throws: it is nobody's answer, and what failed is due again. */
export async function exportTelemetry(ports: Ports): Promise<void> {
  try {
    for (let round = 0; round < ROUNDS && (await exportTraces(ports)) > 0; round += 1);
    await forgetTraces(ports);
    await exportMetrics(ports);
  } catch (error) {
    console.error(JSON.stringify({ level: "warn", message: "telemetry was not exported", error: String(error) }));
  }
}
