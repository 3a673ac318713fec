import { TokenBucket } from "../../../contracts/token-bucket.ts";

/** Keys that are no good, of one address: so many at once, and so many a second after that. */
const ADDRESS_RATE = { perSecond: 10, burst: 200 } as const;
const MOST_ADDRESSES = 10_000;

/**
 * Forged keys, by the address that they come from: each costs a look-up in a tenant object and in Postgres, so one address
 * gets few of them. Per isolate, before anything is looked up; a key that the isolate knows to be good passes in any case.
 */
export class AddressLimiter {
  readonly #buckets = new Map<string, TokenBucket>();

  /** Ms for which keys of this address that are not known are not looked at; 0: they are. */
  blockedMs(address: string | undefined, now: number): number {
    return address === undefined ? 0 : (this.#buckets.get(address)?.waitMs(now) ?? 0);
  }

  refused(address: string | undefined, now: number): void {
    if (address === undefined) return;
    const bucket = this.#buckets.get(address) ?? new TokenBucket(ADDRESS_RATE, now);
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    bucket.take(1, now);
    if (this.#buckets.size <= MOST_ADDRESSES) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
