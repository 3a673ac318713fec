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
): Promise<{ moved: number; traces: number }> {
  let moved = 0;
  let traces = 0;
  let after = 0;
  const options = ports.metering ? undefined : { usage: false };
  while (moved < most) {
    const { rows, last, metered, more } = await onCell(ports, cell, (it) => it.readOutbox(after, BATCH, options));
    if (rows.length === 0) break;
    traces += await projectPage(ports, rows);
    await onCell(ports, cell, (it) => it.ackOutbox(last, metered));
    moved += rows.length;
    after = last;
    if (!more) break;
  }
  return { moved, traces };
}
