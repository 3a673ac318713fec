import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord, StepRecord } from "../../../contracts/execution.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";

/** The same for an id that is forged, foreign, malformed or simply unknown. */
export function unknownExecution(): Failure {
  return failure("NOT_FOUND", "There is no such execution.");
}

/** The execution's record, asked of the object that runs it. `waitMs` waits for its end. */
export async function getExecution(
  context: Context,
  executionId: string,
  waitMs?: number,
): Promise<Result<ExecutionRecord>> {
  const cell = context.ports.placement.locate(context.caller, executionId);
  if (cell === null) return unknownExecution();
  const record = await onCell(context.ports, cell, (it) => it.get(executionId, waitMs === undefined ? {} : { waitMs }));
  return record === null ? unknownExecution() : success(record);
}

/** One step of it, by its run-time path. */
export async function getStep(context: Context, executionId: string, path: string): Promise<Result<StepRecord>> {
  const cell = context.ports.placement.locate(context.caller, executionId);
  if (cell === null) return unknownExecution();
  const step = await onCell(context.ports, cell, (it) => it.getStep(executionId, path));
  return step === null ? failure("NOT_FOUND", `This execution has no step "${path}".`) : success(step);
}
