import type { Limits } from "../../contracts/limits.ts";
import type { TokenGrant, TokenWish } from "../../contracts/quota-rpc.ts";
import { type BucketRate, TokenBucket } from "../../contracts/token-bucket.ts";

/** Keys of a tenant whose buckets are kept: one that is forgotten is full again. */
const MOST_BUCKETS = 10_000;

/**
 * Rate limits, from which isolates take blocks of tokens. Nothing of it is stored: an object that starts again has full
 * buckets, which allows one burst more.
 */
export class RateBuckets {
  readonly #buckets = new Map<string, TokenBucket>();

  take(wishes: readonly TokenWish[], limits: Limits, now: number): TokenGrant[] {
    return wishes.map(({ bucket: name, want, used }) => {
      const bucket = this.#bucket(name, rateOf(name, limits), now);
      bucket.settle(used, now);
      const granted = bucket.take(want, now);
      return { bucket: name, granted, remaining: bucket.remaining(now), waitMs: granted > 0 ? 0 : bucket.waitMs(now) };
    });
  }

  #bucket(name: string, rate: BucketRate, now: number): TokenBucket {
    const known = this.#buckets.get(name) ?? new TokenBucket(rate, now);
    known.retune(rate, now);
    // Used last, forgotten last.
    this.#buckets.delete(name);
    this.#buckets.set(name, known);
    if (this.#buckets.size > MOST_BUCKETS) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return known;
  }
}

function rateOf(bucket: string, limits: Limits): BucketRate {
  return bucket === ""
    ? { perSecond: limits.requests_per_second, burst: limits.requests_burst }
    : { perSecond: limits.key_requests_per_second, burst: limits.key_requests_burst };
}
