import { type Result, success } from "../../../contracts/errors.ts";
import type { EventPage } from "../../../contracts/execution-history.ts";
import type { Context } from "../context.ts";
import { wantsEvent } from "./event-selection.ts";
import { findPage, type StreamWish } from "./open-stream.ts";
import { readOn } from "./read-log.ts";

/** One answer's part of a log: what is wanted of a page, and when there is none, of what comes within `waitMs`. */
export async function pollLog(
  context: Context,
  executionId: string,
  wish: StreamWish,
  waitMs: number,
): Promise<Result<EventPage>> {
  const { ports } = context;
  const until = ports.now() + waitMs;
  const found = await findPage(context, executionId, wish);
  if (!found.ok) return found;
  const { owner, selection } = found.value;
  let { page } = found.value;
  for (;;) {
    const events = page.events.filter((event) => wantsEvent(selection, event));
    const leftMs = until - ports.now();
    if (events.length > 0 || page.ended || leftMs <= 0) return success({ ...page, events });
    const next = await readOn(context, owner, page.last, leftMs);
    if (!next.ok) return next;
    page = next.value;
  }
}
