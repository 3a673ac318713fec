import { lt, sql } from "drizzle-orm";
import type { ExecutionProjection } from "../../../contracts/rpc.ts";
import { executions } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onCell } from "../object-calls.ts";

/** Rows of one statement: 15 parameters each. */
const BATCH = 200;

function rowOf(projection: ExecutionProjection): typeof executions.$inferInsert {
  const { startedAt, finishedAt, error, usage, createdAt, ...rest } = projection;
  return {
    ...rest,
    createdAt: new Date(createdAt),
    startedAt: startedAt === null ? null : new Date(startedAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    error: error === null ? null : JSON.stringify(error),
    usage: JSON.stringify(usage),
  };
}

const incoming = (column: string) => sql.raw(`excluded.${column}`);

/** Writes projections. A second delivery, or an older one that comes late, changes nothing. */
async function write(ports: Ports, rows: readonly ExecutionProjection[]): Promise<void> {
  const latest = new Map<string, ExecutionProjection>();
  for (const row of rows)
    if ((latest.get(row.executionId)?.change ?? -1) < row.change) latest.set(row.executionId, row);
  await ports.database
    .insert(executions)
    .values([...latest.values()].map(rowOf))
    .onConflictDoUpdate({
      target: executions.executionId,
      set: {
        change: incoming("change"),
        status: incoming("status"),
        startedAt: incoming("started_at"),
        finishedAt: incoming("finished_at"),
        error: incoming("error"),
        usage: incoming("usage"),
        runAttempt: incoming("run_attempt"),
      },
      setWhere: lt(executions.change, incoming("change")),
    });
}

/** Empties a cell's outbox into the read model: read, write, and only then acknowledge. Answers the rows moved. */
export async function projectCell(ports: Ports, cell: string, most = 10_000): Promise<number> {
  let moved = 0;
  let after = 0;
  while (moved < most) {
    const { rows, last } = await onCell(ports, cell, (it) => it.readOutbox(after, BATCH));
    if (rows.length === 0) break;
    await write(ports, rows);
    await onCell(ports, cell, (it) => it.ackOutbox(last));
    moved += rows.length;
    after = last;
    if (rows.length < BATCH) break;
  }
  return moved;
}
