import type { FeedPage } from "../../../contracts/webhooks-rpc.ts";
import { feedCursor } from "../../services/streams/open-feed.ts";
import { sseFrame } from "./sse-frame.ts";

/** Not an event of any execution: some were not kept. */
const GAP = "stream.gap";

/**
 * A page of the tenant's stream as a stream shows it. After events that are not shown stands their cursor alone: it is no event,
 * but who comes back goes on from there.
 */
export function feedFrames({ events, position, gap }: FeedPage): string {
  const first = events[0]?.position ?? position + 1;
  let text = gap ? sseFrame(feedCursor(first - 1), GAP, JSON.stringify({ type: GAP })) : "";
  for (const { position: at, event } of events) text += sseFrame(feedCursor(at), event.type, JSON.stringify(event));
  return (events.at(-1)?.position ?? -1) < position ? `${text}id: ${feedCursor(position)}\n\n` : text;
}
