import { eq, sql } from "drizzle-orm";
import type { UsageCorrection } from "../../../contracts/api/usage.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { usageRecords } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { addToRollups } from "../executions/project-page.ts";
import { newId } from "../new-id.ts";

/** What became of a correction: records that it found, and that it wrote. */
interface Outcome extends Record<string, unknown> {
  found: string;
  written: string;
}

/**
 * Corrects a record by a further one, which says what is to be added to it, why and by whom; no record is ever edited. A record
 * with its corrections is never less than nothing: corrections of one record come one after the other, and each sums what is
 * there once it has the record to itself, in a statement of its own, because a statement sees what was there when it began. The
 * same `id` twice is one correction.
 */
export async function correctUsage(ports: Ports, correction: UsageCorrection): Promise<Result<{ id: string }>> {
  const { record, reason, actor, id = newId(ports, "correction") } = correction;
  const { executions = 0, step_runs = 0, compute_ms = 0, egress_bytes = 0, ai_tokens = 0 } = correction.add;
  const at = new Date(ports.now()).toISOString();
  const { database } = ports;
  const [, { rows }] = await database.batch([
    database.execute(sql`SELECT 1 FROM usage_records WHERE id = ${record} AND kind = 'usage' FOR UPDATE`),
    database.execute<Outcome>(sql`
    WITH corrected AS (
      SELECT * FROM usage_records WHERE id = ${record} AND kind = 'usage'
    ),
    standing AS (
      SELECT least(executions + ${executions}, step_runs + ${step_runs}, compute_ms + ${compute_ms},
        egress_bytes + ${egress_bytes}, ai_tokens + ${ai_tokens}) AS least
      FROM (
        SELECT sum(executions)::bigint AS executions, sum(step_runs)::bigint AS step_runs, sum(compute_ms)::bigint AS compute_ms,
          sum(egress_bytes)::bigint AS egress_bytes, sum(ai_tokens)::bigint AS ai_tokens
        FROM usage_records WHERE id = ${record} OR corrects = ${record}
      ) AS sums
    ),
    recorded AS (
      INSERT INTO usage_records (
        id, kind, tenant_id, environment, execution_id, at, workflow_slug, workflow_version, mode, connector, action,
        step_kind, outcome, executions, step_runs, compute_ms, egress_bytes, ai_tokens, corrects, reason, actor
      )
      SELECT ${id}, 'correction', tenant_id, environment, execution_id, ${at}::timestamptz, workflow_slug, workflow_version,
        mode, connector, action, step_kind, outcome, ${executions}::bigint, ${step_runs}::bigint, ${compute_ms}::bigint,
        ${egress_bytes}::bigint, ${ai_tokens}::bigint, ${record}, ${reason}, ${actor}
      FROM corrected WHERE (SELECT least FROM standing) >= 0
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    ),
    summed AS (${addToRollups(sql`recorded`)} RETURNING 1)
    SELECT (SELECT count(*) FROM corrected) AS found, (SELECT count(*) FROM recorded) AS written
  `),
  ]);
  const [row] = rows;
  if (Number(row?.found ?? 0) === 0) return failure("NOT_FOUND", "There is no such record of usage.");
  if (Number(row?.written ?? 0) === 1) return success({ id });
  const known = await knownCorrection(ports, id);
  if (known === undefined) return failure("VALIDATION", "A record with its corrections must not be less than nothing.");
  const same = [executions, step_runs, compute_ms, egress_bytes, ai_tokens].every(
    (value, at) => value === known.add[at],
  );
  if (known.corrects === record && same) return success({ id });
  return failure("CONFLICT", "This id is that of another record.");
}

async function knownCorrection(
  { database }: Ports,
  id: string,
): Promise<{ corrects: string | null; add: number[] } | undefined> {
  const [row] = await database.select().from(usageRecords).where(eq(usageRecords.id, id));
  if (row === undefined) return undefined;
  const { corrects, executions, stepRuns, computeMs, egressBytes, aiTokens } = row;
  return { corrects, add: [executions, stepRuns, computeMs, egressBytes, aiTokens] };
}
