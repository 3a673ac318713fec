import type { RetryPolicy } from "../definition/types.ts";
import { NEVER_RETRIED, type RunError } from "../errors.ts";
import type { ActionResult } from "./types.ts";

/** `retry_on` names it to say that an attempt whose outcome nobody knows may be repeated (section 20). */
export const UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME";

/** `details.reason` of what failed because it must not be repeated. */
const OUTCOME_UNKNOWN = "outcome_unknown";

export type RetryDecision = { retry: true; delayMs: number; error: RunError } | { retry: false; error: RunError };

/**
 * Whether a failed attempt is tried again, and after how long (sections 3 and 20).
 * `attempt` is the one that failed (from 1); `fraction` in [0, 1) decides the jitter.
 */
export function decideRetry(
  policy: RetryPolicy,
  failed: Extract<ActionResult, { ok: false }>,
  attempt: number,
  idempotent: boolean,
  fraction: number,
): RetryDecision {
  const codes = policy.retryOn ?? [];
  const permitted = codes.includes(UNKNOWN_OUTCOME);
  const unknown = failed.outcomeUnknown === true && !idempotent;
  // A block or another execution that failed with it would repeat the call, too.
  const inside = failed.error.details?.reason === OUTCOME_UNKNOWN;
  const error = unknown && !permitted ? outcomeUnknown(failed.error) : failed.error;
  const listed = codes.includes(error.code) || (permitted && (failed.outcomeUnknown === true || inside));
  const forbidden = NEVER_RETRIED.has(error.code) || failed.permanent || ((unknown || inside) && !permitted);
  const repeatable = listed && !forbidden;
  if (!repeatable || attempt >= policy.maxAttempts) return { retry: false, error };
  return { retry: true, delayMs: retryDelay(policy, attempt, fraction, failed.retryAfterMs), error };
}

/** Milliseconds before the try after `attempt` (from 1). Upstream's Retry-After replaces the policy's own delay. */
export function retryDelay(policy: RetryPolicy, attempt: number, fraction: number, retryAfterMs?: number): number {
  if (retryAfterMs !== undefined) return Math.min(Math.max(0, retryAfterMs), policy.maxDelayMs);
  const exact = Math.min(plainDelay(policy, attempt), policy.maxDelayMs);
  return policy.jitter ? Math.min(Math.round(exact * (0.8 + 0.4 * fraction)), policy.maxDelayMs) : exact;
}

function plainDelay(policy: RetryPolicy, attempt: number): number {
  switch (policy.backoff) {
    case "none":
      return 0;
    case "fixed":
      return policy.initialDelayMs;
    case "linear":
      return policy.initialDelayMs * attempt;
    case "exponential":
      return policy.initialDelayMs * policy.backoffFactor ** (attempt - 1);
    default:
      return policy.backoff satisfies never;
  }
}

/** A number in [0, 1) that the same text always gives: jitter that a replay agrees with (FNV-1a). */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 0x1_0000_0000;
}

function outcomeUnknown(cause: RunError): RunError {
  return {
    code: "UNAVAILABLE",
    message: `${cause.message} (the action is not idempotent and may have happened: not repeated)`,
    details: { ...cause.details, reason: OUTCOME_UNKNOWN, cause: cause.code },
  };
}
