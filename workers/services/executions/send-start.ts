import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { StartAnswer, StartCommand } from "../../../contracts/rpc.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Context } from "../context.ts";
import { isObjectReset, ObjectUnavailable, onCell } from "../object-calls.ts";

export type StartOutcome =
  | { kind: "accepted"; executionId: string }
  | { kind: "finished"; executionId: string; record: ExecutionRecord };

const FINAL: ReadonlySet<string> = new Set(["completed", "failed", "canceled", "timed_out"]);

export function isFinal(record: ExecutionRecord): boolean {
  return FINAL.has(record.status);
}

/** The plan travels only when the cell has not got it: a cell keeps what it was sent once. */
async function startInCell(
  context: Context,
  cell: string,
  command: StartCommand,
  source: PlanSource,
): Promise<StartAnswer> {
  const answer = await context.ports.cell(cell).start(command);
  return answer.kind === "unknown_plan" ? context.ports.cell(cell).start({ ...command, plan: source }) : answer;
}

/**
 * The object was reset under the call, and nobody knows whether it had accepted. It is asked: an execution that is there
 * was accepted, and a sync caller is attached to it again; one that is not there is started.
 */
async function startAgain(
  context: Context,
  cell: string,
  command: StartCommand,
  source: PlanSource,
): Promise<StartAnswer> {
  const { executionId, waitMs } = command;
  const record = await onCell(context.ports, cell, (it) => it.get(executionId, waitMs === undefined ? {} : { waitMs }));
  if (record === null) return startInCell(context, cell, command, source);
  return isFinal(record)
    ? { kind: "finished", executionId, replayed: false, record }
    : { kind: "accepted", executionId, replayed: false };
}

/** Cells that one start may be sent on to: a bucket moves once a day at most. */
const MOST_HOPS = 4;

/** Hands a start to its cell, or to the one that has its key, and reads the answer. */
export async function sendStart(
  context: Context,
  cell: string,
  command: StartCommand,
  source: PlanSource,
  hops = 0,
): Promise<Result<StartOutcome>> {
  let answer: StartAnswer;
  try {
    answer = await startInCell(context, cell, command, source);
  } catch (error) {
    if (!isObjectReset(error)) throw error;
    try {
      answer = await startAgain(context, cell, command, source);
    } catch (again) {
      if (isObjectReset(again)) throw new ObjectUnavailable("the cell was reset twice", { cause: again });
      throw again;
    }
  }
  switch (answer.kind) {
    case "accepted":
      return success({ kind: "accepted", executionId: answer.executionId });
    case "finished":
      return success({ kind: "finished", executionId: answer.executionId, record: answer.record });
    case "conflict":
      return {
        ...failure("CONFLICT", answer.message),
        ...(answer.retryAfter === undefined ? {} : { retryAfter: answer.retryAfter }),
      };
    case "elsewhere": {
      if (hops >= MOST_HOPS) throw new Error("an Idempotency-Key is sent from cell to cell");
      const { cell: target } = answer;
      const former = command.former?.filter((it) => it !== target);
      return sendStart(context, target, { ...command, former }, source, hops + 1);
    }
    case "refused":
      return answer.failure;
    case "unknown_plan":
      throw new Error("a cell does not know the plan that it was just sent");
    default:
      return answer satisfies never;
  }
}
