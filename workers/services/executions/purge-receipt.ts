import { sql } from "drizzle-orm";
import type { PurgeReceipt } from "../../../contracts/api/purge-receipt.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { onCell, onFeed } from "../object-calls.ts";
import { unknownExecution } from "./get.ts";

interface PurgeDetails {
  executions: string[];
  removed: PurgeReceipt["removed"];
}

interface Written extends Record<string, unknown> {
  subject: string;
  actor: string;
  at: string;
  details: PurgeDetails | { purged_with: string } | null;
}

/** What a purge removed, and what is left of it: every place is searched now. */
export async function readPurgeReceipt(context: Context, executionId: string): Promise<Result<PurgeReceipt>> {
  const { ports, caller } = context;
  const { tenantId, environment } = caller;
  const written = async (id: string): Promise<Written | undefined> => {
    const found = await ports.database.execute<Written>(sql`
      SELECT subject, actor, details, at FROM audit
      WHERE id = ${`aud_${id}:purged`} AND tenant_id = ${tenantId} AND environment = ${environment}
    `);
    return found.rows[0];
  };
  let row = await written(executionId);
  if (row?.details && "purged_with" in row.details) row = await written(row.details.purged_with);
  const cell = row && ports.placement.locate(caller, row.subject);
  if (!row || !cell) return notPurged();
  // Before receipts were written, a purge left its entry alone.
  if (!row.details || !("executions" in row.details)) return notPurged();
  const { executions, removed } = row.details;
  const ids = sql`ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(executions)}::jsonb))`;
  const own = sql`tenant_id = ${tenantId} AND environment = ${environment} AND execution_id = ANY (${ids})`;
  const [inCell, inFeed, inPostgres] = await Promise.all([
    onCell(ports, cell, (it) => it.leftOf(executions)),
    onFeed(ports, caller, (it) => it.leftOf(executions)),
    ports.database.execute<{ listed: string; traced: string }>(sql`
      SELECT (SELECT count(*) FROM executions WHERE ${own}) AS listed, (SELECT count(*) FROM telemetry_jobs WHERE ${own}) AS traced
    `),
  ]);
  const [counted] = inPostgres.rows;
  return success({
    execution_id: row.subject,
    status: "purged",
    executions,
    purged_at: new Date(row.at).toISOString(),
    actor: row.actor,
    removed,
    left: {
      coordinator_rows: inCell.rows,
      objects: inCell.objects,
      webhook_rows: inFeed,
      list_rows: Number(counted?.listed ?? 0),
      traces: Number(counted?.traced ?? 0),
    },
    verified_at: new Date(ports.now()).toISOString(),
  });
}

function notPurged() {
  const { message } = unknownExecution();
  return failure("NOT_FOUND", `${message.slice(0, -1)} of which a purge is known.`);
}
