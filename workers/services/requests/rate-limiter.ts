import { limitsOf } from "../../../contracts/limits.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import type { TokenGrant, TokenWish } from "../../../contracts/quota-rpc.ts";
import type { BucketRate } from "../../../contracts/token-bucket.ts";
import type { Caller, Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { TokenPurse } from "./token-purse.ts";

/** Whether a request may go on, and what its answer says of the limits. */
export interface Admission {
  /** Undefined: it may. */
  retryAfterMs?: number;
  /** The limit that refuses it. */
  limit?: "requests_per_second" | "key_requests_per_second";
  headers: Readonly<Record<string, string>>;
}

type Tenants = Pick<Ports, "tenant" | "now" | "defaultLimits">;

/** Times that one request asks for tokens before it is refused: others may have been quicker. */
const TRIES = 3;
const MOST_PURSES = 20_000;

/**
 * Requests per second of a tenant and of a key (section 15), in one isolate. What it may use stands in blocks of tokens of
 * the tenant object, taken ahead; a tenant object that cannot be reached lets requests pass.
 */
export class RateLimiter {
  readonly #purses = new Map<string, TokenPurse>();
  readonly #asking = new Map<string, Promise<void>>();

  async admit(ports: Tenants, caller: Caller, background: (task: Promise<unknown>) => void): Promise<Admission> {
    const now = ports.now();
    const limits = limitsOf(ports.defaultLimits, caller.settings?.limits);
    const name = tenantObjectName(caller);
    const tenant = this.#purse(name, "", { perSecond: limits.requests_per_second, burst: limits.requests_burst }, now);
    const key = this.#purse(
      name,
      caller.keyId,
      { perSecond: limits.key_requests_per_second, burst: limits.key_requests_burst },
      now,
    );
    for (let tried = 0; ; tried += 1) {
      const at = ports.now();
      const short = payAll([key, tenant], at);
      if (short === undefined) {
        if (key.isLow(at) || tenant.isLow(at))
          background(this.#ask(ports, caller, [tenant, key]).catch(() => undefined));
        return { headers: headersOf(tenant, key) };
      }
      const blocked = short.blockedMs(at);
      if (blocked > 0 || tried >= TRIES) {
        short.refused();
        return {
          retryAfterMs: Math.max(blocked, 1),
          limit: short === key ? "key_requests_per_second" : "requests_per_second",
          headers: headersOf(tenant, key),
        };
      }
      const reached = await this.#ask(ports, caller, [tenant, key]).then(
        () => true,
        () => false,
      );
      if (!reached) return { headers: headersOf(tenant, key) };
    }
  }

  #purse(name: string, bucket: string, rate: BucketRate, now: number): TokenPurse {
    const id = `${name}/${bucket}`;
    const known = this.#purses.get(id);
    if (known) {
      known.retune(rate, now);
      return known;
    }
    const purse = new TokenPurse(bucket, rate, now);
    this.#purses.set(id, purse);
    if (this.#purses.size > MOST_PURSES) {
      const oldest = this.#purses.keys().next();
      if (!oldest.done) this.#purses.delete(oldest.value);
    }
    return purse;
  }

  /** One question at a time for each key; those that come meanwhile share its answer. */
  #ask(ports: Tenants, caller: Caller, purses: readonly TokenPurse[]): Promise<void> {
    const id = `${tenantObjectName(caller)}/${caller.keyId}`;
    const asked = this.#asking.get(id);
    if (asked) return asked;
    const asking = this.#take(ports, caller, purses).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  async #take(ports: Tenants, caller: Caller, purses: readonly TokenPurse[]): Promise<void> {
    const wishes: TokenWish[] = purses.map((purse) => purse.wish(ports.now()));
    let grants: TokenGrant[];
    try {
      grants = await onTenant(ports, caller, (tenant) => tenant.takeTokens(wishes));
    } catch (error) {
      for (const [at, purse] of purses.entries()) purse.lost(wishes[at] ?? { bucket: "", want: 0, used: 0 });
      throw error;
    }
    for (const [at, purse] of purses.entries()) {
      const grant = grants[at];
      if (grant) purse.take(grant, ports.now());
    }
  }
}

/** Undefined when all were paid; else the one that has nothing, and then none is. */
function payAll(purses: readonly TokenPurse[], now: number): TokenPurse | undefined {
  const paid: TokenPurse[] = [];
  for (const purse of purses) {
    if (purse.pay(now)) {
      paid.push(purse);
      continue;
    }
    for (const other of paid) other.payBack(now);
    return purse;
  }
  return undefined;
}

/** The fields of the IETF draft (draft-ietf-httpapi-ratelimit-headers). */
function headersOf(tenant: TokenPurse, key: TokenPurse): Record<string, string> {
  const named = [["tenant", tenant.policy] as const, ["key", key.policy] as const];
  const headers: Record<string, string> = {
    "ratelimit-policy": named.map(([name, it]) => `"${name}";q=${it.quota};w=${it.windowSeconds}`).join(", "),
  };
  const known = named.flatMap(([name, { remaining, fullInSeconds }]) =>
    remaining === undefined ? [] : [`"${name}";r=${remaining};t=${fullInSeconds}`],
  );
  if (known.length > 0) headers.ratelimit = known.join(", ");
  return headers;
}
