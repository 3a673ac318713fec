import { type Failure, failure, type Result, success } from "../../../contracts/errors.ts";
import { limitsOf } from "../../../contracts/limits.ts";
import type { EventPage } from "../../../contracts/execution-history.ts";
import type { Context } from "../context.ts";
import { type EventSelection, wantsEvent } from "./event-selection.ts";
import { type LogPlace, type LogSocket, openLogSocket } from "./log-socket.ts";
import { type LogOwner, readLog, readOn } from "./read-log.ts";

/** What a reader of an execution's events asks for. */
export interface StreamWish {
  /** The last event that it has. */
  after: number;
  /** Absent: the workflow's `execution.streaming.events`. */
  types?: readonly string[];
  /** What its token is for besides; null: any. */
  grantedTypes: readonly string[] | null;
  step?: string;
}

/** The first page in which something is wanted, or the newest. */
export interface FoundPage {
  owner: LogOwner;
  page: EventPage;
  selection: EventSelection;
}

export interface OpenedStream extends FoundPage {
  place: LogPlace;
  /** For what comes; none where the execution is over. */
  socket: LogSocket | undefined;
  /** The execution is over, and nothing of what is wanted is left. */
  over: boolean;
}

const RETRY_AFTER_S = 5;

/** Begins at `after`, and goes over pages in which nothing is wanted. */
export async function findPage(
  context: Context,
  executionId: string,
  { after, types, grantedTypes, step }: StreamWish,
): Promise<Result<FoundPage>> {
  const opened = await readLog(context, executionId, after);
  if (!opened.ok) return opened;
  const { owner } = opened.value;
  let { page } = opened.value;
  const selection = { types: [types ?? page.types ?? null, grantedTypes], step };
  while (!hasWanted(page, selection) && !page.ended && page.events.length > 0) {
    const next = await readOn(context, owner, page.last);
    if (!next.ok) return next;
    page = next.value;
  }
  return success({ owner, page, selection });
}

/**
 * Opens an execution's log for a reader who will follow it (`followLog`). Who comes back to a log without news is told at once;
 * one reader too many is refused.
 */
export async function openStream(
  context: Context,
  executionId: string,
  wish: StreamWish,
): Promise<Result<OpenedStream>> {
  const { ports, caller } = context;
  const found = await findPage(context, executionId, wish);
  if (!found.ok) return found;
  const { owner, page, selection } = found.value;
  const most = limitsOf(ports.defaultLimits, caller.settings?.limits).streams_per_execution;
  const place = { ...owner, most };
  if (page.ended) return success({ ...found.value, place, socket: undefined, over: !hasWanted(page, selection) });
  const socket = await openLogSocket(ports, place, page.last);
  return socket === "full" ? tooManyReaders(most) : success({ ...found.value, place, socket, over: false });
}

function hasWanted(page: EventPage, selection: EventSelection): boolean {
  return page.events.some((event) => wantsEvent(selection, event));
}

function tooManyReaders(most: number): Failure {
  const message = `This execution has as many open streams as it may have: about ${most}.`;
  return {
    ...failure("RATE_LIMITED", message, { limit: "streams_per_execution", max: most }),
    retryAfter: RETRY_AFTER_S,
  };
}
