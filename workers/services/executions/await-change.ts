import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { getExecution } from "./get.ts";

/** The record as soon as it is news, and at the latest after `waitMs` or when the execution is over. */
export async function awaitChange(
  context: Context,
  executionId: string,
  waitMs: number,
  isNews: (record: ExecutionRecord) => boolean,
): Promise<Result<ExecutionRecord>> {
  const { ports, caller } = context;
  const until = ports.now() + waitMs;
  for (;;) {
    const found = await getExecution(context, executionId);
    const leftMs = until - ports.now();
    if (!found.ok || isNews(found.value) || found.value.finished_at !== null || leftMs <= 0) return found;
    const cell = ports.placement.locate(caller, executionId);
    if (cell === null) return found;
    const after = found.value.last_event_id;
    await onCell(ports, cell, (it) => it.readEvents(executionId, { after, waitMs: leftMs }));
  }
}
