import type { StampedEvent } from "../../engine/run/types.ts";

const ENDS: ReadonlySet<StampedEvent["type"]> = new Set([
  "step.completed",
  "step.failed",
  "step.retrying",
  "step.canceled",
]);

/** Whether an attempt is over with an event of its step. */
export function endsAttempt(type: StampedEvent["type"]): boolean {
  return ENDS.has(type);
}
