import { DurableObject } from "cloudflare:workers";
import type { FeedItem, FeedRpc, FeedWish } from "../../contracts/feed-rpc.ts";

/** The feed object of a tenant and environment: what leaves its executions on its own account. */
export class Feed extends DurableObject implements FeedRpc {
  async push(_items: FeedItem[]): Promise<void> {}

  async wish(): Promise<FeedWish> {
    return null;
  }
}
