/** The slice of the platform's timers that a queue needs. */
export interface TimerPlatform {
  now(): number;
  /** Wakes up after `ms`; answers how to take that back. */
  wake(ms: number, task: () => void): () => void;
}

interface Timer {
  due: number;
  task: () => void;
}

/**
 * How far ahead the platform's timer is ever set. A pending one keeps an object awake, which is billed, so it is short; it is
 * not taken back when its cause goes, because setting and clearing one per call would cost more than waking for nothing.
 */
const LONGEST_NAP_MS = 5_000;

/** Many timers behind one of the platform's: setting one and taking it back are operations on a set. */
export class TimerQueue {
  readonly #platform: TimerPlatform;
  readonly #timers = new Set<Timer>();
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(platform: TimerPlatform) {
    this.#platform = platform;
  }

  get size(): number {
    return this.#timers.size;
  }

  /** Runs `task` at or after `due` (epoch ms); answers how to take that back. */
  at(due: number, task: () => void): () => void {
    const timer = { due, task };
    this.#timers.add(timer);
    if (due < this.#armedFor) this.#arm(due);
    return () => void this.#timers.delete(timer);
  }

  #arm(due: number): void {
    const now = this.#platform.now();
    const wait = Math.min(Math.max(0, due - now), LONGEST_NAP_MS);
    if (now + wait >= this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = now + wait;
    this.#disarm = this.#platform.wake(wait, () => this.#fire());
  }

  #fire(): void {
    this.#disarm = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#platform.now();
    const due = [...this.#timers].filter((timer) => timer.due <= now).sort((a, b) => a.due - b.due);
    try {
      // One task may take back another that was due with it.
      for (const timer of due) if (this.#timers.delete(timer)) timer.task();
    } finally {
      let next = Number.POSITIVE_INFINITY;
      for (const timer of this.#timers) next = Math.min(next, timer.due);
      if (this.#timers.size > 0) this.#arm(next);
    }
  }
}
