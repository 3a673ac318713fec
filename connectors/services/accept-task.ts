import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { CallIdentity } from "../call-context.ts";
import type { PendingAnswer } from "../handlers/http/map-answer.ts";
import type { ServiceCalls } from "./service-calls.ts";

type Failed = Extract<ActionResult, { ok: false }>;

/** A token of a service's own is known for so long after its task is over: who is late hears that, not that there is none. */
const REMEMBERED_MS = 3_600_000;
const TOKEN = /^[\x21-\x7e]{16,500}$/;

/**
 * What becomes of an answer that promises another one. It is finished by the token that the call carried, or by one that the
 * service made itself: that is stored as standing for ours, so it must be as hard to guess.
 */
export async function acceptTask(
  answer: Failed & { pending: PendingAnswer },
  call: ActionCall,
  identity: CallIdentity,
  services: Pick<ServiceCalls, "claimTask">,
  now: number,
): Promise<ActionResult> {
  const { pending, ...failed } = answer;
  const { token, ...task } = pending;
  const { taskToken: ours, tenantId, environment, executionId } = identity;
  if (ours === undefined) return failed;
  if (token === undefined || token === ours) return { ...failed, pending: task };
  if (!TOKEN.test(token) || token.includes("/"))
    return refused(
      "must be 16 to 500 visible ASCII characters without a slash, hard to guess: it is all that protects the task",
    );
  const owner = JSON.stringify([tenantId, environment, executionId, call.path]);
  const claimed = await services.claimTask(token, ours, owner, now + call.timeoutMs + REMEMBERED_MS);
  return claimed ? { ...failed, pending: task } : refused("stands for another task already");
}

function refused(why: string): Failed {
  const message = `The service's task_token ${why}. Answer with the token of the call (context.task_token) instead`;
  return { ok: false, error: { code: "BACKEND_ERROR", message, details: { field: "task_token" } }, permanent: true };
}
