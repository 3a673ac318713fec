import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { CoordinatorRpc } from "../../../contracts/rpc.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { RunCommand } from "../../../engine/run/types.ts";
import type { Context } from "../context.ts";
import { onCell, onCellOnce } from "../object-calls.ts";
import { unknownExecution } from "./get.ts";

/** Seconds, where the object does not say how long: whoever reads mail or events needs a moment. */
const RETRY_AFTER_S = 1;

/** Twice is as good as once, but for a message without a key: a second one would be a second message. */
function mayRepeat(command: RunCommand): boolean {
  return command.type !== "message" || command.act !== undefined;
}

/**
 * Hands a command to the execution's object. Its refusals come back as they are: NOT_FOUND, CONFLICT, FORBIDDEN,
 * RATE_LIMITED, VALIDATION; nothing has happened then.
 */
export async function act(
  { ports, caller }: Context,
  executionId: string,
  command: RunCommand,
  source?: PlanSource,
): Promise<Result<ExecutionRecord>> {
  const cell = ports.placement.locate(caller, executionId);
  if (cell === null) return unknownExecution();
  const ask = (it: CoordinatorRpc) => it.act(executionId, command, ...(source ? [source] : []));
  const answer = await (mayRepeat(command) ? onCell(ports, cell, ask) : onCellOnce(ports, cell, ask));
  if (answer === null) return unknownExecution();
  return answer.ok || answer.code !== "RATE_LIMITED" ? answer : { retryAfter: RETRY_AFTER_S, ...answer };
}
