import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { EventPage } from "../../../contracts/execution-history.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Context } from "../context.ts";
import { unknownExecution } from "../executions/get.ts";
import { onCell } from "../object-calls.ts";

/** Where an execution's log is. */
export interface LogOwner {
  cell: string;
  executionId: string;
}

/** A log, and its page after the sequence that was asked for. */
export interface OpenedLog {
  owner: LogOwner;
  page: EventPage;
}

/**
 * The log after `after`, asked of the object that runs the execution. A sequence that the log has not reached is refused:
 * whoever follows it would miss what comes before.
 */
export async function readLog(context: Context, executionId: string, after: number): Promise<Result<OpenedLog>> {
  const { ports, caller } = context;
  const cell = ports.placement.locate(caller, executionId);
  if (cell === null) return unknownExecution();
  const owner = { cell, executionId };
  // From one before: that it is there says that it is a sequence of this execution.
  const page = await onCell(ports, cell, (it) => it.readEvents(executionId, { after: Math.max(0, after - 1) }));
  if (page === null) return unknownExecution();
  if (after === 0) return success({ owner, page });
  if (page.events[0]?.id !== after)
    return validationFailure([{ path: "/after", message: "This execution has no event with this id." }]);
  return success({ owner, page: { ...page, events: page.events.slice(1) } });
}

/** The next page; waits for it up to `waitMs`. */
export async function readOn(
  { ports }: Context,
  { cell, executionId }: LogOwner,
  after: number,
  waitMs?: number,
): Promise<Result<EventPage>> {
  const page = await onCell(ports, cell, (it) => it.readEvents(executionId, { after, waitMs }));
  return page === null ? failure("NOT_FOUND", "There is no such execution.") : success(page);
}
