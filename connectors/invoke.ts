import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import type { Attempt } from "./attempt/asker.ts";
import { AttemptTime } from "./attempt/attempt-time.ts";
import type { InvokeDeps } from "./attempt/invoke-deps.ts";
import { lookupFailure } from "./attempt/lookup-failure.ts";
import { maskResult } from "./attempt/mask-result.ts";
import { metered } from "./attempt/metered.ts";
import { runAttempt } from "./attempt/run-attempt.ts";
import type { CallIdentity } from "./call-context.ts";
import { type Failed, failed } from "./failed.ts";
import { internedAction } from "./interned-action.ts";
import { Masker } from "./mask.ts";

/**
 * Runs one attempt of an http action (sections 7 and 8): validates the input, builds the request, sends it through the egress
 * rules, maps and validates what came back, masks every revealed secret in it. Never throws: failures are results.
 */
export async function invokeAction(asked: ActionCall, context: CallIdentity, deps: InvokeDeps): Promise<ActionResult> {
  const action = internedAction(asked.action);
  const call = action === asked.action ? asked : { ...asked, action };
  const started = deps.now();
  const masker = new Masker();
  const sent: Attempt["sent"] = { bytes: 0, begun: false, answering: false };
  const time = new AttemptTime();
  const usage = () => ({ compute_ms: Math.max(0, deps.now() - started), egress_bytes: sent.bytes });
  const limit = Math.max(0, Math.min(call.timeoutMs, call.deadline - started));
  let timeout: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<Failed>((resolve) => {
    timeout = setTimeout(() => {
      time.end();
      // By the clock a timer may ring a millisecond before its time.
      resolve(timeoutFailure(call.timeoutMs, Math.max(limit, deps.now() - started), sent));
    }, limit);
  });
  try {
    const attempt = runAttempt(call, context, deps, { masker, sent, time });
    const result = await Promise.race([timedOut, attempt]);
    return metered(maskResult(result, masker, call), usage());
  } catch (error) {
    // Where one lookup failed, others may be under way.
    time.end();
    return { ...maskResult(lookupFailure(error), masker, call), usage: usage() };
  } finally {
    if (timeout !== undefined) clearTimeout(timeout);
  }
}

function timeoutFailure(limit: number, elapsed: number, { begun, answering, to }: Attempt["sent"]): Failed {
  const who = to ?? "The service";
  const what = answering ? `${who} began its answer and did not end it` : `${who} did not answer`;
  const message = begun ? `${what} within ${limit} ms` : `The call was not sent within ${limit} ms`;
  const details = { timeout_ms: limit, elapsed_ms: elapsed, ...(to === undefined ? {} : { backend: to }) };
  return { ...failed("TIMEOUT", message, details), ...(begun ? { outcomeUnknown: true } : {}) };
}
