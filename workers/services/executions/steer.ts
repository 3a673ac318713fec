import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { RunCommand } from "../../../engine/run/types.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";

type Steering = Extract<RunCommand, { type: "cancel" | "pause" | "resume" | "shutdown" }>;

/** Changes the course of an execution, and answers its record. The audit has it from the execution's log, with its outbox. */
export function steerExecution(
  context: Context,
  executionId: string,
  command: Steering,
): Promise<Result<ExecutionRecord>> {
  return act(context, executionId, { ...command, actor: context.caller.keyId });
}
