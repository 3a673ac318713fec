import type { ActionResult, AttemptUsage } from "../../engine/run/types.ts";

/**
 * The result with what its attempt used. One that had no connection to go on with, and sent nothing, did not reach what it was to call:
 * it is no step run (section 16), whether the step fails for it or waits.
 */
export function metered(result: ActionResult, usage: AttemptUsage): ActionResult {
  if (!result.ok && result.error.details?.reason === "connection" && usage.egress_bytes === 0) {
    const { usage: _none, ...unmetered } = result;
    return unmetered;
  }
  return { ...result, usage: { ...result.usage, ...usage } };
}
