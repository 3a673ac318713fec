import type { Environment } from "./execution.ts";
import type { ExecutionEvent } from "./execution-event.ts";

/*
 * The feed: what leaves the executions of one tenant and environment on its own account (webhooks, the tenant-wide stream,
 * exports). Cells push to the feed object what it wants; what it has taken is its own to deliver.
 */

/** What the feed wants of every execution; null: nothing but the ends of executions with a `callback_url`. */
export type FeedWish = { types: "all" | string[] } | null;

/** A wish and its number, which grows with every change: an older one that comes late is not believed. */
export interface KnownWish {
  version: number;
  wish: FeedWish;
  /** When the oldest change was made that not every cell has heard of. Absent from a feed object that did not say so yet. */
  at?: number;
}

/** Part of a cell's log: events of one execution that the feed has not confirmed yet, in order. */
export interface FeedItem {
  executionId: string;
  tenantId: string;
  environment: Environment;
  workflow: { slug: string; name: string; version: string };
  runAttempt: number;
  /** Where the execution's end is told, beside what endpoints subscribe to. */
  callbackUrl?: string;
  events: ExecutionEvent[];
}

/** The feed object of a tenant and environment. */
export interface FeedRpc {
  /** Taken when it answers, and durable. A repeat, in part or whole, changes nothing: (execution, event id) counts once. */
  push(items: FeedItem[]): Promise<void>;
  /**
   * What the tenant wants now. A cell asks on its first start and is told of changes by `CoordinatorRpc.setFeed`; the object of an
   * isolated execution, which the feed does not know, asks again when it has something to tell.
   */
  wish(): Promise<KnownWish>;
}
