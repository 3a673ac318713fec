import { type BucketRate, TokenBucket } from "../../../contracts/token-bucket.ts";
import { TOKEN_LEASE_MS, type TokenGrant, type TokenWish } from "../../../contracts/quota-rpc.ts";

/** Part of a limit that each isolate may use without asking first: it tells afterwards. */
const OWN_SHARE = 0.02;
const FIRST_BLOCK = 8;
/** A block is never more than this part of what may come in a second. */
const LARGEST_SHARE = 0.25;

/** What one isolate has of one rate limit: its own small share, and a block of tokens of the tenant object's. */
export class TokenPurse {
  readonly bucket: string;
  #rate: BucketRate;
  #own: TokenBucket;
  #tokens = 0;
  #expiresAt = 0;
  #block = FIRST_BLOCK;
  /** Used of its own share since it last asked. */
  #owed = 0;
  #blockedUntil = 0;
  #remaining: number | undefined;

  constructor(bucket: string, rate: BucketRate, now: number) {
    this.bucket = bucket;
    this.#rate = rate;
    this.#own = new TokenBucket(ownShare(rate), now);
  }

  retune(rate: BucketRate, now: number): void {
    if (rate.perSecond === this.#rate.perSecond && rate.burst === this.#rate.burst) return;
    this.#rate = rate;
    this.#own = new TokenBucket(ownShare(rate), now);
    this.#tokens = 0;
    this.#blockedUntil = 0;
    this.#remaining = undefined;
  }

  /** Pays for a request out of what is here. False: the tenant object must be asked. */
  pay(now: number): boolean {
    if (this.#tokens > 0 && now < this.#expiresAt) {
      this.#tokens -= 1;
    } else if (this.#own.take(1, now) > 0) {
      this.#owed += 1;
    } else {
      return false;
    }
    if (this.#remaining !== undefined && this.#remaining > 0) this.#remaining -= 1;
    return true;
  }

  /** A request that was refused elsewhere after it had paid here. */
  payBack(now: number): void {
    this.#own.settle(-1, now);
    this.#owed -= 1;
    if (this.#remaining !== undefined) this.#remaining = Math.min(this.#rate.burst, this.#remaining + 1);
  }

  /** A request was refused for want of its tokens: nothing is left, whatever lies here that has expired. */
  refused(): void {
    this.#remaining = 0;
  }

  /** It is running low: worth asking before somebody has to wait for it. */
  isLow(now: number): boolean {
    if (now < this.#blockedUntil) return false;
    if (this.#tokens > 0 && now < this.#expiresAt) return this.#tokens <= this.#block / 4;
    return this.#owed > ownShare(this.#rate).burst / 2;
  }

  /** Ms for which asking again is known to be in vain. */
  blockedMs(now: number): number {
    return Math.max(0, this.#blockedUntil - now);
  }

  wish(now: number): TokenWish {
    const expired = now >= this.#expiresAt;
    // A block that lasts is too large, one that is gone at once too small.
    if (expired && this.#tokens > this.#block / 2) this.#block = Math.max(1, Math.floor(this.#block / 2));
    else if (!expired && this.#expiresAt - now > TOKEN_LEASE_MS / 2) this.#block = Math.ceil(this.#block * 2);
    this.#block = Math.max(1, Math.min(this.#block, Math.ceil(this.#rate.perSecond * LARGEST_SHARE)));
    const unused = expired ? this.#tokens : 0;
    if (expired) this.#tokens = 0;
    const used = this.#owed - unused;
    this.#owed = 0;
    return { bucket: this.bucket, want: this.#block, used };
  }

  take({ granted, remaining, waitMs }: TokenGrant, now: number): void {
    this.#tokens += granted;
    if (granted > 0) this.#expiresAt = now + TOKEN_LEASE_MS;
    // The bucket fills up again behind a block that is out: both together can be more than there ever is.
    this.#remaining = Math.max(0, Math.min(Math.floor(this.#rate.burst), remaining + this.#tokens));
    this.#blockedUntil = granted > 0 ? 0 : now + waitMs;
  }

  /** The wish came to nothing: what it said is said again with the next. */
  lost({ used }: TokenWish): void {
    this.#owed += used;
  }

  /** `q` tokens a `w` seconds, and (where it is known) how many are left, and in how many seconds it is full again. */
  get policy(): { quota: number; windowSeconds: number; remaining: number | undefined; fullInSeconds: number } {
    const { burst, perSecond } = this.#rate;
    const seconds = (tokens: number) => (perSecond > 0 ? Math.ceil(tokens / perSecond) : 3_600);
    return {
      quota: burst,
      windowSeconds: Math.max(1, seconds(burst)),
      remaining: this.#remaining,
      fullInSeconds: seconds(burst - (this.#remaining ?? burst)),
    };
  }
}

function ownShare({ perSecond, burst }: BucketRate): BucketRate {
  return { perSecond: perSecond * OWN_SHARE, burst: Math.floor(burst * OWN_SHARE) };
}
