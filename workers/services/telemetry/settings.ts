import { and, eq, sql } from "drizzle-orm";
import type { TelemetryBody, TelemetryView } from "../../../contracts/api/telemetry.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { Owner } from "../../../contracts/placement.ts";
import { seal } from "../../../vault/vault.ts";
import { telemetry, telemetryJobs } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { refuseUrl } from "../webhooks/check-url.ts";

function own({ tenantId, environment }: Owner) {
  return and(eq(telemetry.tenantId, tenantId), eq(telemetry.environment, environment));
}

function ownJobs({ tenantId, environment }: Owner) {
  return and(eq(telemetryJobs.tenantId, tenantId), eq(telemetryJobs.environment, environment));
}

function none(): Failure {
  return failure("NOT_FOUND", "No export of telemetry is set.");
}

/** Where traces and metrics go, and how that goes. */
export async function getTelemetry({ ports, caller }: Context): Promise<Result<TelemetryView>> {
  const { database } = ports;
  const [[row], [jobs]] = await database.batch([
    database.select().from(telemetry).where(own(caller)),
    database.select({ pending: sql<string>`count(*)` }).from(telemetryJobs).where(ownJobs(caller)),
  ]);
  if (row === undefined) return none();
  return success({
    endpoint: row.endpoint,
    header_names: row.headerNames,
    traces: row.traces,
    metrics: row.metrics,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    pending: Number(jobs?.pending ?? 0),
    dropped: row.dropped,
    sent_at: row.sentAt?.toISOString() ?? null,
    last_error: row.lastError,
  });
}

/** Sets it. The headers are sealed here and never shown again; what is left out of the body is none. */
export async function putTelemetry(context: Context, body: TelemetryBody): Promise<Result<TelemetryView>> {
  const { ports, caller } = context;
  const refused = refuseUrl(ports, "/endpoint", body.endpoint);
  if (refused !== null) return refused;
  const { tenantId, environment } = caller;
  const now = new Date(ports.now());
  const { headers = {}, traces = true, metrics = true } = body;
  const headerNames = Object.keys(headers);
  const place = { tenantId, purpose: "telemetry", id: environment };
  const changed = {
    endpoint: body.endpoint.replace(/\/+$/, ""),
    sealedHeaders: headerNames.length === 0 ? null : await seal(ports.masterKey, place, JSON.stringify(headers)),
    headerNames,
    traces,
    metrics,
    updatedAt: now,
    metricsDue: now,
    lastError: null,
  };
  await ports.database.batch([
    ports.database
      .insert(telemetry)
      .values({ tenantId, environment, createdAt: now, sentAt: null, dropped: 0, ...changed })
      .onConflictDoUpdate({ target: [telemetry.tenantId, telemetry.environment], set: changed }),
    auditEntry(context, "telemetry.put", new URL(body.endpoint).host),
  ]);
  return getTelemetry(context);
}

/** Ends it; traces that were not sent are forgotten. */
export async function deleteTelemetry(context: Context): Promise<Result<{ status: "deleted" }>> {
  const { ports, caller } = context;
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "telemetry.deleted", caller.environment, telemetry, own(caller)),
    ports.database.delete(telemetry).where(own(caller)).returning({ endpoint: telemetry.endpoint }),
    ports.database.delete(telemetryJobs).where(ownJobs(caller)),
  ]);
  return gone.length === 0 ? none() : success({ status: "deleted" });
}
