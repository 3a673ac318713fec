import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";
import { unknownExecution } from "./get.ts";

/** Asks the execution's object to cancel it. One that has ended stays as it is: the object says CONFLICT. */
export async function cancelExecution(
  context: Context,
  executionId: string,
  reason?: string,
): Promise<Result<ExecutionRecord>> {
  const cell = context.ports.placement.locate(context.caller, executionId);
  if (cell === null) return unknownExecution();
  const command = { reason, actor: context.caller.keyId };
  return (await onCell(context.ports, cell, (it) => it.cancel(executionId, command))) ?? unknownExecution();
}
