import { type Result, success } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { type EventSelection, wantsEvent } from "./event-selection.ts";
import { type OpenedLog, readLog, readOn } from "./read-log.ts";

/** What a reader of an execution's events asks for. */
export interface StreamWish {
  /** The last event that it has. */
  after: number;
  /** Absent: the workflow's `execution.streaming.events`. */
  types?: readonly string[];
  /** What its token is for besides; null: any. */
  grantedTypes: readonly string[] | null;
  step?: string;
}

export interface OpenedStream {
  opened: OpenedLog;
  selection: EventSelection;
  /** The execution is over, and nothing of what is wanted is left. */
  over: boolean;
}

/** Begins at `after`, and goes over what is not wanted: so that who comes back to a log without news is told at once. */
export async function openStream(
  context: Context,
  executionId: string,
  { after, types, grantedTypes, step }: StreamWish,
): Promise<Result<OpenedStream>> {
  const opened = await readLog(context, executionId, after);
  if (!opened.ok) return opened;
  const { cell } = opened.value;
  let { page } = opened.value;
  const selection = { types: [types ?? page.types ?? null, grantedTypes], step };
  const isWanted = (): boolean => page.events.some((event) => wantsEvent(selection, event));
  while (!isWanted() && !page.ended && page.events.length > 0) {
    const next = await readOn(context, cell, executionId, page.last);
    if (!next.ok) return next;
    page = next.value;
  }
  return success({ opened: { cell, page }, selection, over: page.ended && !isWanted() });
}
