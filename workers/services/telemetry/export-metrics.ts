import { sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import { tenantMetrics } from "../metrics/tenant-metrics.ts";
import { OTLP_SCOPE, otlpResource } from "./otlp-json.ts";
import { otlpMetrics } from "./otlp-metrics.ts";

const EVERY_S = 60;
const MOST = 200;

interface Due extends Record<string, unknown> {
  tenant_id: string;
  environment: Owner["environment"];
  endpoint: string;
  sealed_headers: string | null;
  created_ms: string;
}

/**
 * Sends the metrics of tenants that want them, once a minute. They are cumulative: what one request did not bring, the next
 * does, so none is repeated.
 */
export async function exportMetrics(ports: Ports): Promise<number> {
  const { rows } = await ports.database.execute<Due>(sql`
    UPDATE telemetry SET metrics_due = now() + ${EVERY_S} * interval '1 second'
    WHERE (tenant_id, environment) IN (
      SELECT tenant_id, environment FROM telemetry WHERE metrics AND metrics_due <= now() ORDER BY metrics_due LIMIT ${MOST}
      FOR UPDATE SKIP LOCKED
    )
    RETURNING tenant_id, environment, endpoint, sealed_headers,
      (SELECT extract(epoch FROM created_at) * 1000 FROM tenants WHERE id = tenant_id) AS created_ms
  `);
  await Promise.all(rows.map((row) => sendOf(ports, row)));
  return rows.length;
}

async function sendOf(ports: Ports, row: Due): Promise<void> {
  const { tenant_id: tenantId, environment, endpoint, sealed_headers: sealedHeaders } = row;
  const owner: Owner = { tenantId, environment };
  const now = ports.now();
  const metrics = otlpMetrics(await tenantMetrics(ports, owner, now), Number(row.created_ms ?? 0), now);
  const resourceMetrics = [{ resource: otlpResource(owner), scopeMetrics: [{ scope: OTLP_SCOPE, metrics }] }];
  const body = JSON.stringify({ resourceMetrics });
  const answer = await ports.collector.sendTelemetry({ ...owner, url: `${endpoint}/v1/metrics`, sealedHeaders, body });
  const taken = answer.status !== null && answer.status >= 200 && answer.status < 300;
  await ports.database.execute(sql`
    UPDATE telemetry SET sent_at = CASE WHEN ${taken} THEN now() ELSE sent_at END,
      last_error = ${taken ? null : (answer.message ?? "unknown").slice(0, 500)}::text
    WHERE tenant_id = ${tenantId} AND environment = ${environment}
  `);
}
