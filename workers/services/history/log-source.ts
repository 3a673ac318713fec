import type { ChainLink, HistoryPart } from "../../../contracts/execution-history.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { unknownExecution } from "../executions/get.ts";
import { onCell } from "../object-calls.ts";

/** An execution's log, wherever it lies. */
export interface LogSource {
  executionId: string;
  /** Events from the last kept link at or before `after` on, or, with `exact`, those after `after`; up to the event `upTo`. */
  read(after: number, exact: boolean, upTo: number): Promise<Result<HistoryPart>>;
  /** Remembers links that were computed from it. */
  keep(links: readonly ChainLink[]): Promise<void>;
}

/** The log of one of the caller's executions, in the object that runs it. */
export function logSource({ ports, caller }: Context, executionId: string): Result<LogSource> {
  const cell = ports.placement.locate(caller, executionId);
  if (cell === null) return unknownExecution();
  return success({
    executionId,
    async read(after, exact, upTo) {
      const part = await onCell(ports, cell, (it) => it.readHistory(executionId, after, exact, upTo));
      return part === null ? unknownExecution() : success(part);
    },
    keep: (links) => onCell(ports, cell, (it) => it.keepLinks(executionId, links)),
  });
}
