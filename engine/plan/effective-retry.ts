import type { PartialRetry, RetryPolicy } from "../definition/types.ts";
import { DEFAULT_RETRY_ON, EXPLICIT_RETRY_ON } from "../errors.ts";

/** The platform's policy when no `retry` stands anywhere (section 3). */
export const PLATFORM_RETRY: Readonly<RetryPolicy> = {
  maxAttempts: 3,
  backoff: "exponential",
  initialDelayMs: 500,
  maxDelayMs: 30_000,
  backoffFactor: 2,
  jitter: true,
};

/**
 * The policy in force: member by member, the first of `layers` (step, action, connector …, workflow) that names it, else
 * the platform's. `retryOn` is always set in the answer: any written `retry` widens the default codes.
 */
export function effectiveRetry(layers: readonly (PartialRetry | undefined)[]): RetryPolicy {
  const written = layers.filter((layer) => layer !== undefined);
  const policy: RetryPolicy = { ...PLATFORM_RETRY };
  for (const layer of written.toReversed()) Object.assign(policy, withoutUndefined(layer));
  policy.retryOn ??= [...(written.length > 0 ? EXPLICIT_RETRY_ON : DEFAULT_RETRY_ON)];
  if (policy.backoff === "none") policy.maxAttempts = 1;
  return policy;
}

function withoutUndefined(layer: PartialRetry): PartialRetry {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}
