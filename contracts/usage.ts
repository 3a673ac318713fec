import type { UsageRecord } from "./execution.ts";

/** How an attempt ended, by the event that settled it. */
export const ATTEMPT_OUTCOMES = ["completed", "failed", "retrying", "canceled"] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Somebody steered an execution: an event of its log that is a row of the audit, under the id `aud_execution:sequence`. */
export interface ActFact {
  seq: number;
  /** Epoch ms. */
  at: number;
  /** Id of a key or user. */
  actor: string;
  action:
    | "execution.canceled"
    | "execution.paused"
    | "execution.resumed"
    | "execution.retried"
    | "execution.migrated"
    | "execution.shut_down"
    | "approval.decided";
  /** Path of the approval. */
  step?: string;
}

/** What an execution has used by its log, folded: the audit compares it with the records. */
export interface LoggedUsage extends UsageRecord {
  execution_id: string;
}

/** Where the usage of an execution has been read to: the sequence of the last row of its log that was. */
export type MeteredUpTo = readonly [executionId: string, seq: number];
