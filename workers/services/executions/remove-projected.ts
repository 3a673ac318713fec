import { sql } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import { whileNothingIsProjected } from "./purge-lock.ts";

/** What a purge took away elsewhere. */
export interface RemovedElsewhere {
  coordinator_rows: number;
  objects: number;
  webhook_rows: number;
  cached_outputs: number;
}

/**
 * Takes what Postgres has of purged executions away, and writes who had that done and what was removed where: under an id of its own,
 * so that a repeat writes nothing. From then on they are projected no more (`projectPage`).
 */
export async function removeProjected(
  { database, now }: Pick<Ports, "database" | "now">,
  { tenantId, environment }: Owner,
  executionIds: readonly string[],
  actor: string,
  removed: RemovedElsewhere,
): Promise<void> {
  // One parameter: a purge may take very many. As an array they are looked up one by one, however many rows there are beside.
  const ids = sql`ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(executionIds)}::jsonb))`;
  const own = sql`tenant_id = ${tenantId} AND environment = ${environment} AND execution_id = ANY (${ids})`;
  const root = { executions: executionIds, removed };
  const others = { purged_with: executionIds[0] };
  await database.batch([
    database.execute(whileNothingIsProjected({ tenantId, environment })),
    database.execute(sql`
      WITH listed AS (DELETE FROM executions WHERE ${own} RETURNING 1),
      traced AS (DELETE FROM telemetry_jobs WHERE ${own} RETURNING 1),
      counted AS (SELECT jsonb_build_object('list_rows', (SELECT count(*) FROM listed), 'traces', (SELECT count(*) FROM traced)) AS more)
      INSERT INTO audit (id, tenant_id, environment, actor, action, subject, at, details)
      SELECT 'aud_' || id || ':purged', ${tenantId}, ${environment}, ${actor}, 'execution.purged', id, ${new Date(now()).toISOString()}::timestamptz,
        CASE WHEN id = ${executionIds[0] ?? ""}
          THEN jsonb_set(${JSON.stringify(root)}::jsonb, '{removed}', (${JSON.stringify(removed)}::jsonb || more))
          ELSE ${JSON.stringify(others)}::jsonb END
      FROM jsonb_array_elements_text(${JSON.stringify(executionIds)}::jsonb) AS purged (id), counted
      ON CONFLICT (id) DO NOTHING
    `),
  ]);
}
