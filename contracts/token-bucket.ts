/** How fast tokens come back, and how many there can be. */
export interface BucketRate {
  perSecond: number;
  burst: number;
}

/** A token bucket that several holders draw blocks from. In memory: who forgets it forgets in the callers' favour, once. */
export class TokenBucket {
  #tokens: number;
  #at: number;
  #rate: BucketRate;

  constructor(rate: BucketRate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes up to `want` whole tokens; answers how many. */
  take(want: number, now: number): number {
    this.#refill(now);
    const taken = Math.min(want, Math.max(0, Math.floor(this.#tokens)));
    this.#tokens -= taken;
    return taken;
  }

  /** Tokens that were used without having been taken, or (negative) taken and not used. A debt is never more than a burst. */
  settle(used: number, now: number): void {
    this.#refill(now);
    this.#tokens = Math.max(-this.#rate.burst, Math.min(this.#rate.burst, this.#tokens - used));
  }

  /** The rate has changed: what is there beyond the new burst is lost. */
  retune(rate: BucketRate, now: number): void {
    if (rate.perSecond === this.#rate.perSecond && rate.burst === this.#rate.burst) return;
    this.#refill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, rate.burst);
  }

  remaining(now: number): number {
    this.#refill(now);
    return Math.max(0, Math.floor(this.#tokens));
  }

  /** Ms until there is a whole token: 0 when there is one. A rate of 0 gives none for an hour. */
  waitMs(now: number): number {
    this.#refill(now);
    const missing = 1 - this.#tokens;
    if (missing <= 0) return 0;
    if (this.#rate.perSecond <= 0 || this.#rate.burst < 1) return 3_600_000;
    return Math.ceil((missing / this.#rate.perSecond) * 1_000);
  }

  /** A clock that was set back gives nothing and takes nothing. */
  #refill(now: number): void {
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (passed / 1_000) * this.#rate.perSecond);
  }
}
