import type { Firing } from "../../../contracts/triggers-rpc.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";

/**
 * What the overlap policy says of a due time, by asking whether the run before still goes on: for workflows with a
 * `concurrency` of their own, whose key the execution waits for already. Undefined: it starts.
 */
export async function runsOn(context: Context, { previous, overlap }: Firing): Promise<"skip" | "queue" | undefined> {
  const { ports, caller } = context;
  const cell = previous === undefined ? null : ports.placement.locate(caller, previous);
  if (previous === undefined || cell === null || overlap === "allow") return undefined;
  if (!(await onCell(ports, cell, (it) => it.isLive(previous)))) return undefined;
  if (overlap !== "cancel_running") return overlap;
  await onCell(ports, cell, (it) => it.act(previous, { type: "cancel", reason: "replaced by a newer execution" }));
  return undefined;
}
