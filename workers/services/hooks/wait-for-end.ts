import { failure, success, type ErrorCode, HTTP_STATUS, type Result } from "../../../contracts/errors.ts";
import type { Context, Ports } from "../context.ts";
import { getExecution } from "../executions/get.ts";
import { isFinal } from "../executions/send-start.ts";
import { triggerContext } from "../triggers/trigger-context.ts";
import type { FoundHook } from "./find-hook.ts";
import type { HookReply } from "./receive.ts";

/** For a webhook that answers at the end: the outputs, or what went wrong; what was accepted where it takes longer. */
export async function waitForEnd(
  ports: Ports,
  { owner, trigger }: FoundHook,
  accepted: Extract<HookReply, { kind: "accepted" }>,
  waitMs: number,
  background: Context["background"],
): Promise<Result<HookReply>> {
  if (accepted.executionId === null) return success(accepted);
  const context = triggerContext(ports, owner, trigger.id, trigger.actor, background);
  const found = await getExecution(context, accepted.executionId, Math.min(waitMs, LONGEST_WAIT_MS));
  if (!found.ok || !isFinal(found.value)) return success(accepted);
  const { status, result, error, execution_id: executionId } = found.value;
  if (status === "completed") return success({ kind: "ended", executionId, outputs: result?.outputs ?? {} });
  const code = codeOf(error?.code ?? (status === "canceled" ? "CANCELED" : "TIMEOUT"));
  return failure(code, error?.message ?? `The execution is ${status}.`, { execution_id: executionId });
}

const LONGEST_WAIT_MS = 120_000;

/** A failed execution is never the caller's fault in the way of 401 or 404. */
function codeOf(code: string): ErrorCode {
  const known = Object.keys(HTTP_STATUS).find((it) => it === code) as ErrorCode | undefined;
  return known === undefined || known === "NOT_FOUND" || known === "UNAUTHENTICATED" ? "BACKEND_ERROR" : known;
}
