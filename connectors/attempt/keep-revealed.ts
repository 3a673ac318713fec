import { attemptName } from "../../engine/run/attempt-name.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { Masker } from "../mask.ts";
import type { ServiceCalls } from "../services/service-calls.ts";

/** It goes into one row of the execution's cell. */
const MOST_CHARS = 262_144;

/**
 * The answer of a service that finishes the attempt later, with what it was given, sealed: its result is masked by that. What is too
 * much to keep, or cannot be sealed right now, is looked up again then: the call was made, and must not be made anew for it.
 */
export async function keepRevealed(
  result: ActionResult,
  call: Pick<ActionCall, "idempotencyKey" | "attempt">,
  masker: Masker,
  services: Pick<ServiceCalls, "sealRevealed">,
): Promise<ActionResult> {
  if (result.ok || !result.pending || masker.isEmpty) return result;
  const { revealed } = masker;
  if (revealed.reduce((chars, value) => chars + value.length, 0) > MOST_CHARS) return result;
  const attempt = attemptName(call.idempotencyKey, call.attempt);
  const sealed = await services.sealRevealed(revealed, attempt).catch(() => undefined);
  return sealed === undefined ? result : { ...result, pending: { ...result.pending, revealed: sealed } };
}
