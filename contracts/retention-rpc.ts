import type { Result } from "./errors.ts";
import type { LeftInCell, Purged } from "./purged.ts";

/** The part of a coordinator object that lets executions go for good. */
export interface RetentionRpc {
  /**
   * Deletes an execution that has ended, with those that its steps started: rows, archive, large outputs. CONFLICT while it runs and
   * for one that a step started; null when this cell has no such execution. Repeating it answers the same for a day.
   */
  purge(executionId: string, actor: string): Promise<Result<Purged> | null>;
  /** Purges of which something may still stand elsewhere: to be removed there, and told by `purged`. */
  duePurges(): Promise<Purged[]>;
  purged(executionIds: string[]): Promise<void>;
  /** Looks for what there is of these executions, here and in the object storage: of such that were purged, nothing. */
  leftOf(executionIds: string[]): Promise<LeftInCell>;
}
