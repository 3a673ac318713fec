import type { HostPort } from "../../engine/driver/host-port.ts";
import type {
  ActionCall,
  ActionResult,
  Admittance,
  Opening,
  EventWait,
  Spent,
  StampedEvent,
} from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CommitGroup } from "./commit-group.ts";
import { executionTooLarge } from "./host-failure.ts";
import { MAX_STEPS } from "../../engine/run/limits.ts";
import type { Resident } from "./resident.ts";

export interface ResidentDeps {
  group: CommitGroup;
  timers: TimerQueue;
  call(resident: Resident, call: ActionCall): Promise<ActionResult>;
  abort(resident: Resident, path: string, attempt: number, compensate: boolean): void;
  awaitEvent(resident: Resident, path: string, wait: EventWait): void;
  forgetEvent(resident: Resident, path: string): void;
  admits(resident: Resident, kind: Opening): Admittance;
  spentBy(executionId: string): Spent | undefined;
  soon(task: () => void): void;
  /** Called after events that did not end the execution were written. */
  committed(resident: Resident): void;
  /** Called after events that ended the execution were written. */
  ended(resident: Resident): void;
  crashed(resident: Resident, error: unknown): void;
}

/** An object has 128 MB for all its executions, and a record must pass one RPC of 32 MiB. */
const LOG_CHARS = 16_777_216;
/** What its events say of large outputs is in memory once, however often they say it. But somebody is to read its history. */
const APART_CHARS = 16 * LOG_CHARS;

/** The engine's host port for one execution of a cell. */
export class ResidentPort implements HostPort {
  readonly #resident: Resident;
  readonly #deps: ResidentDeps;

  constructor(resident: Resident, deps: ResidentDeps) {
    this.#resident = resident;
    this.#deps = deps;
  }

  now(): number {
    return this.#deps.group.now();
  }

  admits(kind: Opening): Admittance {
    return this.#deps.admits(this.#resident, kind);
  }

  spentBy(executionId: string): Spent | undefined {
    return this.#deps.spentBy(executionId);
  }

  commit(events: readonly StampedEvent[], done: () => void): void {
    if (this.#resident.spoilt) return;
    this.#deps.group.add(this.#resident, events, () => {
      done();
      const { driver, logSize, apartSize } = this.#resident;
      if (driver.terminal) this.#deps.ended(this.#resident);
      else if (logSize > this.#mostChars) this.#giveUp(this.#mostChars);
      else if (apartSize > APART_CHARS) this.#giveUp(APART_CHARS);
      else this.#deps.committed(this.#resident);
    });
  }

  /** An execution that may open more steps than others may say more about them. */
  get #mostChars(): number {
    const { maxSteps = MAX_STEPS } = this.#resident.driver.state;
    return Math.max(LOG_CHARS, Math.round((LOG_CHARS * maxSteps) / 25_000));
  }

  /** In a turn of its own: what waits for the commit in hand must see the state that was written. */
  #giveUp(max: number): void {
    const error = executionTooLarge(max);
    this.#deps.soon(() => this.#resident.driver.deliver({ type: "fail", error }));
  }

  call(call: ActionCall): Promise<ActionResult> {
    return this.#deps.call(this.#resident, call);
  }

  /** The answer of a plugin that was given up is dropped when it comes: it bounds its own time. An execution is cancelled. */
  abort(path: string, attempt: number, compensate: boolean): void {
    this.#deps.abort(this.#resident, path, attempt, compensate);
  }

  awaitEvent(path: string, wait: EventWait): void {
    this.#deps.awaitEvent(this.#resident, path, wait);
  }

  forgetEvent(path: string): void {
    this.#deps.forgetEvent(this.#resident, path);
  }

  at(due: number, task: () => void): () => void {
    return this.#deps.timers.at(due, task);
  }

  soon(task: () => void): void {
    this.#deps.soon(task);
  }

  crashed(error: unknown): void {
    this.#deps.crashed(this.#resident, error);
  }
}
