import type { Clock } from "./memory-host.ts";

/** Time that stands still until it is moved: what tests and simulations run on. */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Map<number, { due: number; task: () => void }>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(due: number, task: () => void): () => void {
    const id = this.#order++;
    this.#timers.set(id, { due, task });
    return () => void this.#timers.delete(id);
  }

  /** Jumps to the earliest timer and runs it. False when there is none. */
  fireNext(): boolean {
    let earliest: number | undefined;
    for (const [id, { due }] of this.#timers) {
      if (earliest === undefined || due < (this.#timers.get(earliest)?.due ?? due)) earliest = id;
    }
    const timer = earliest === undefined ? undefined : this.#timers.get(earliest);
    if (earliest === undefined || !timer) return false;
    this.#timers.delete(earliest);
    this.#now = Math.max(this.#now, timer.due);
    timer.task();
    return true;
  }

  /** Moves time forward, running what falls due on the way. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = Math.min(...[...this.#timers.values()].map(({ due }) => due));
      if (!(next <= until)) break;
      this.fireNext();
    }
    this.#now = until;
  }
}
