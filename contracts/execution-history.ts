import type { RunStatus } from "../engine/run/types.ts";
import type { ExecutionEvent } from "./execution-event.ts";

/** Part of an execution's log. */
export interface EventPage {
  events: ExecutionEvent[];
  /** Sequence of the last; `after` when there are none. */
  last: number;
  /** The execution is over, and `last` is the end of its log. */
  ended: boolean;
  /** The workflow's own filter for streams (`execution.streaming.events`). */
  types?: string[];
}

/** The hash of an execution's log up to and with the event `seq` (`receipts/event-chain.ts`). */
export interface ChainLink {
  seq: number;
  hash: string;
}

/** What an execution is with the last event of its log. */
export interface LogEnd {
  status: RunStatus;
  runAttempt: number;
  workflow: { slug: string; version: string };
}

/** Part of an execution's log, to be chained. */
export interface HistoryPart {
  /** The events follow this; null: the first, or the event that was asked for. */
  from: ChainLink | null;
  events: ExecutionEvent[];
  /** Links within these events that were computed before: the log must still lead to them. */
  kept: ChainLink[];
  /** Null: there are more events. */
  end: LogEnd | null;
}

/** Links at these events are kept for good, and that of the last event that was signed. */
export const LINK_EVERY = 500;
