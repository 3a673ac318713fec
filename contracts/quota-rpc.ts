import type { Result } from "./errors.ts";
import type { BudgetList, LeaseAnswer, LeaseAsk } from "./lease.ts";
import type { ShardMap } from "./shard-map.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { LimitName, LimitOverrides } from "./limits.ts";

/** What an isolate wants of one rate limit: the tenant's, or a key's. */
export interface TokenWish {
  /** `""` for the tenant's own bucket, else the key's id. */
  bucket: string;
  /** Tokens that it would use within the next second. */
  want: number;
  /** Used on its own account since it last asked; negative: it did not use what it had. */
  used: number;
}

export interface TokenGrant {
  bucket: string;
  granted: number;
  remaining: number;
  /** Ms until there is another token, when there is none now. */
  waitMs: number;
}

/** What the edge must know of a tenant and environment: it comes with every look at a key, so an isolate's copy is 10 s old at most. */
export interface TenantSettings {
  /** What differs from the deployment's defaults. */
  limits: LimitOverrides;
  /** Absent while it has one shard. */
  shards?: ShardMap;
}

/** How much of a limit is used; null where nobody counts. */
export interface LimitUse {
  name: LimitName;
  used: number;
  /** Epoch ms when it starts over; absent where it does not. */
  resetsAt?: number;
}

/** An open event stream (section 12), as its tenant counts it. */
export interface StreamLease {
  /** Whoever holds it renews or gives it back under this name, which nobody else uses. */
  streamId: string;
  /** Absent for the tenant-wide stream. */
  executionId?: string;
}

/** How long a stream counts that nobody renews. */
export const STREAM_LEASE_MS = 90_000;

/** The part of the tenant object that keeps its limits. */
export interface QuotaRpc {
  /** What the edge must know. */
  settings(): Promise<TenantSettings>;
  /** The whole of what differs from the defaults; Postgres has it too. */
  putLimits(overrides: LimitOverrides): Promise<void>;
  /** Leases of limits and budgets, for a cell. */
  askLeases(ask: LeaseAsk): Promise<LeaseAnswer>;
  /** All budgets that there are; Postgres has them too. */
  putBudgets(budgets: SharedBudget[]): Promise<void>;
  budgets(): Promise<BudgetList>;
  /** What is used of each of these accounts, as the cells say. */
  accountsUsed(accounts: string[]): Promise<number[]>;
  /** More shards for starts from now on; VALIDATION when there are as many already. */
  growShards(count: number): Promise<Result<ShardMap>>;
  /** Tokens of rate limits, in blocks, for use within `TOKEN_LEASE_MS`. */
  takeTokens(wishes: TokenWish[]): Promise<TokenGrant[]>;
  /** What is used now, for `GET /limits`. */
  limitsUsed(): Promise<LimitUse[]>;
  /** Opens a stream, or renews it: RATE_LIMITED at the tenant's or the execution's limit. Counts until `STREAM_LEASE_MS` after it was last renewed. */
  leaseStream(lease: StreamLease): Promise<Result<null>>;
  returnStream(streamId: string): Promise<void>;
}

/** Tokens that an isolate has taken are for its next second: a pile of them would be a burst that nobody allowed. */
export const TOKEN_LEASE_MS = 1_000;
