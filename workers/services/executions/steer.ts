import type { Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import type { RunCommand } from "../../../engine/run/types.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";

type Steering = Extract<RunCommand, { type: "cancel" | "pause" | "resume" | "shutdown" }>;

const AUDITED_AS = {
  cancel: "execution.canceled",
  pause: "execution.paused",
  resume: "execution.resumed",
  shutdown: "execution.shut_down",
} as const satisfies Record<Steering["type"], string>;

/**
 * Changes the course of an execution, and answers its record. Audited after the answer: the data plane waits for no
 * Postgres.
 */
export async function steerExecution(
  context: Context,
  executionId: string,
  command: Steering,
): Promise<Result<ExecutionRecord>> {
  const after = await act(context, executionId, { ...command, actor: context.caller.keyId });
  if (after.ok) context.background(Promise.resolve(auditEntry(context, AUDITED_AS[command.type], executionId)));
  return after;
}
