import { type Failed, failed } from "../failed.ts";

/** No place came free in time. Retried by default, so that it waits its turn. */
export function busy(message: string, concurrent: number): Failed {
  return { ...failed("RATE_LIMITED", message, { reason: "concurrent", concurrent }), retryAfterMs: 1_000 };
}
