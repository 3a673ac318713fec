import type { Json, JsonObject } from "../json.ts";
import type { StopReason } from "./types.ts";

/** A node of a running graph (section 5). */
export interface NodeState {
  mailbox: { payload: Json; tick?: true }[];
  /** What it keeps between its visits. */
  kept: JsonObject;
  visits: number;
  /** Path of the visit in hand. */
  current: string | null;
  /** Path of the visit that ended last. */
  last: string | null;
  /** Its output still has to go along the edges. */
  unsent: boolean;
  /** Messages that a full mailbox has not taken yet. */
  held: { to: string; payload: Json }[];
  /** Paths of visits that are still in memory, oldest first. */
  remembered: string[];
  /** Its `every`, and when that is due next. */
  everyMs?: number;
  tickDue?: number;
}

export interface GraphState {
  shared: JsonObject;
  nodes: Map<string, NodeState>;
  /** Messages accepted and messages handled so far; those of `every` do not count. */
  messages: number;
  handled: number;
  /** The node that was visited last: the next in line go first. */
  visited: string | null;
  /** No further visit begins. */
  stopping: { reason: StopReason; graceful: boolean; deadline?: number } | null;
  /** When `budget.max_seconds` is over, in long-running mode. */
  budgetDue?: number;
}

/** Nothing in hand, nothing in the mailbox, nothing still to be sent. */
export function isFree({ mailbox, current, held, unsent }: NodeState): boolean {
  return mailbox.length === 0 && current === null && held.length === 0 && !unsent;
}

export function newNode(): NodeState {
  return { mailbox: [], kept: {}, visits: 0, current: null, last: null, unsent: false, held: [], remembered: [] };
}
