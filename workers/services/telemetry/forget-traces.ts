import { sql } from "drizzle-orm";
import type { Ports } from "../context.ts";

/** Traces whose tenant wants none any more: they are claimed and never sent. */
export async function forgetTraces(ports: Ports): Promise<void> {
  await ports.database.execute(sql`
    DELETE FROM telemetry_jobs WHERE due < now() AND NOT EXISTS (
      SELECT 1 FROM telemetry WHERE telemetry.tenant_id = telemetry_jobs.tenant_id
        AND telemetry.environment = telemetry_jobs.environment AND traces
    )
  `);
}
