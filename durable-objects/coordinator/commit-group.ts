import type { StampedEvent } from "../../engine/run/types.ts";
import type { Resident } from "./resident.ts";

/** Executions that may be active while commits still go out at once; above, they are grouped by tick (facts.md: grouping). */
const GROUP_ABOVE = 4;
/**
 * Every so many commits one takes a tick. Steps that follow each other without ever waiting for the world keep workerd's event
 * loop busy, and it looks at its sockets only when it is not: nobody else would be heard until the execution is over.
 */
const GIVE_WAY_EVERY = 32;
/** A tick: long enough for completions to meet, short against a call. */
const TICK_MS = 1;

export interface CommitDeps {
  /** Epoch ms. */
  now(): number;
  /** Executions and calls in flight: decides between at once and grouped. */
  load(): number;
  /** Writes all that the residents have pending, each whole or not at all; answers those that could not be written. */
  write(residents: readonly Resident[]): Map<Resident, unknown>;
  wait(ms: number): Promise<void>;
  failed(resident: Resident, error: unknown): void;
}

/**
 * Groups what is to be made durable: everything that arrives within a tick, of one execution or of many, is written in one
 * turn and so shares one commit. What depends on it (`done`) runs only after it was written, in the same turn, so that the
 * object's output gate holds it back until it is on disk.
 */
export class CommitGroup {
  readonly #deps: CommitDeps;
  #pending = new Set<Resident>();
  #at: number | undefined;
  #atOnce = 0;

  constructor(deps: CommitDeps) {
    this.#deps = deps;
  }

  /** The time of the group being filled: all events of one commit share it. */
  now(): number {
    return this.#at ?? this.#deps.now();
  }

  add(resident: Resident, events: readonly StampedEvent[], done: () => void): void {
    for (const event of events) resident.pending.push(event);
    resident.afterCommit.push((error) => {
      if (error === undefined) done();
    });
    if (this.#pending.size === 0) this.#schedule();
    this.#pending.add(resident);
  }

  /** Resolves when what `resident` has pending is written, or could not be; undefined when nothing is pending. */
  settled(resident: Resident): Promise<void> | undefined {
    if (!this.#pending.has(resident)) return undefined;
    return new Promise((resolve) => resident.afterCommit.push(() => resolve()));
  }

  /** Runs `task` in the turn that writes what `resident` has pending, or fails to: at once when nothing is. */
  whenSettled(resident: Resident, task: (error?: unknown) => void): void {
    if (this.#pending.has(resident)) resident.afterCommit.push(task);
    else task();
  }

  #schedule(): void {
    this.#at = this.#deps.now();
    this.#atOnce += 1;
    if (this.#deps.load() <= GROUP_ABOVE && this.#atOnce < GIVE_WAY_EVERY) return queueMicrotask(() => this.#flush());
    this.#atOnce = 0;
    void this.#deps.wait(TICK_MS).then(() => this.#flush());
  }

  #flush(): void {
    const group = [...this.#pending];
    this.#pending = new Set();
    this.#at = undefined;
    globalThis.faultPoint?.("commit.before");
    const failures = this.#deps.write(group);
    globalThis.faultPoint?.("commit.written");
    const written = group.map((resident) => ({ resident, tasks: resident.afterCommit }));
    for (const resident of group) {
      resident.pending = [];
      resident.afterCommit = [];
    }
    for (const { resident, tasks } of written) {
      const error = failures.get(resident);
      for (const task of tasks) task(error);
      if (error !== undefined) this.#deps.failed(resident, error);
    }
    globalThis.faultPoint?.("commit.told");
    // Nothing is left to do: what comes next comes from the world.
    if (this.#deps.load() === 0) this.#atOnce = 0;
  }
}
