import { ownerOfObject } from "../../../contracts/placement.ts";
import type { Ports } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { projectPage } from "./project-page.ts";

/** Rows of one statement: they travel as one JSON parameter. */
const BATCH = 500;

/**
 * Empties a cell's outbox into the read model: read, write, and only then acknowledge. Answers the rows moved, and how many
 * traces are now to be sent.
 */
export async function projectCell(
  ports: Ports,
  cell: string,
  most = 10_000,
): Promise<{ moved: number; traces: number; purges: boolean }> {
  let moved = 0;
  let traces = 0;
  let after = 0;
  let purges = false;
  while (moved < most) {
    const page = await onCell(ports, cell, (it) => it.readOutbox(after, BATCH));
    const { rows, last, metered, more } = page;
    purges ||= page.purges === true;
    if (rows.length === 0) break;
    traces += await projectPage(ports, ownerOfObject(cell), rows);
    await onCell(ports, cell, (it) => it.ackOutbox(last, metered));
    moved += rows.length;
    after = last;
    if (!more) break;
  }
  return { moved, traces, purges };
}
