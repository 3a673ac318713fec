import type { RunIdentity } from "./types.ts";

/** The idempotency key of what a path does: equal over attempts and crashes, new after a retry of the run (section 20). */
export function idempotencyKeyOf({ executionId, runAttempt }: RunIdentity, path: string): string {
  return `${executionId}:${runAttempt}:${path}`;
}
