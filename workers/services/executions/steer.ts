import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { RunCommand } from "../../../engine/run/types.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";
import { actId } from "./act-id.ts";

type Steering = Extract<RunCommand, { type: "cancel" | "pause" | "resume" | "shutdown" }>;

/**
 * Changes the course of an execution, and answers its record; with an Idempotency-Key, once. The audit has it from the
 * execution's log.
 */
export function steerExecution(
  context: Context,
  executionId: string,
  command: Steering,
  idempotencyKey?: string,
): Promise<Result<ExecutionRecord>> {
  const id = actId(context.ports, command, idempotencyKey);
  return act(context, executionId, { ...command, actor: context.caller.keyId, act: id });
}
