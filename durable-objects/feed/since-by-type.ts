import { EVENT_TYPES, isSubscribed } from "../../contracts/event-types.ts";
import type { WebhookEndpoint } from "../../contracts/webhooks-rpc.ts";

/** Type of event → since when an endpoint is for it; what is not in it, since the endpoint was made. */
export type SinceByType = Readonly<Record<string, number>>;

/** Stands for types that no list has: `*` means them. */
const UNLISTED = "*";

type Subscribed = Pick<WebhookEndpoint, "enabled" | "eventTypes">;

/**
 * After a change of an endpoint. What it was for and still is, it is for since then; events of these may still be on their way. For all
 * else, and for everything when it was off, it is from now on.
 */
export function sinceAfter(since: SinceByType, before: Subscribed, after: Subscribed, now: number): SinceByType {
  const changed: Record<string, number> = {};
  for (const type of [...EVENT_TYPES, UNLISTED].filter((it) => isSubscribed(after.eventTypes, it))) {
    const known = before.enabled && isSubscribed(before.eventTypes, type);
    const at = known ? since[type] : now;
    if (at !== undefined) changed[type] = at;
  }
  return changed;
}

export function sinceWhen(since: SinceByType, type: string): number | undefined {
  return since[type] ?? (LISTED.has(type) ? undefined : since[UNLISTED]);
}

const LISTED: ReadonlySet<string> = new Set(EVENT_TYPES);
