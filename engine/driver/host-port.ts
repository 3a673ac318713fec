import type { ActionCall, ActionResult, EventWait, StampedEvent, TurnHost } from "../run/types.ts";

/** What a place that runs executions provides: the coordinator object, the SDK's process, a test. One per run. */
export interface HostPort extends TurnHost {
  /** Epoch ms. */
  now(): number;
  /** Makes `events` durable, then calls `done`. Several commits of a run keep their order. */
  commit(events: readonly StampedEvent[], done: () => void): void;
  /** Runs one attempt. Must not reject: what goes wrong is a result. */
  call(call: ActionCall): Promise<ActionResult>;
  /** Gives up a call in flight, if there is one; an execution that it started undoes what it did where `compensate` says so. */
  abort(path: string, attempt: number, compensate: boolean): void;
  /** A step waits for an event of this key, from anywhere in the tenant: it comes as a signal with this path (section 20). */
  awaitEvent(path: string, wait: EventWait): void;
  /** It does not any more. */
  forgetEvent(path: string): void;
  /** Runs `task` at or after `due` (epoch ms); answers how to take that back. */
  at(due: number, task: () => void): () => void;
  /** Runs `task` after letting others have a turn. */
  soon(task: () => void): void;
  /** A bug: the state in memory is no longer to be trusted. The host folds the run again and fails it by name. */
  crashed(error: unknown): void;
}
