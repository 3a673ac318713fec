/** A call that wants a place among those of its key which may run at once. */
export interface PlaceWanted {
  /** What the places belong to, such as a connector's connection. */
  key: string;
  /** How many there are. */
  limit: number;
  /** Names the call; nobody else uses it. */
  lease: string;
  /** Epoch ms: by then the call is over, whatever was said of it. */
  until: number;
  /** Longest that it may wait. */
  waitMs: number;
}

export interface PlaceClock {
  now(): number;
  later(ms: number, task: () => void): () => void;
}

/** A call whose end nobody told is over so long after it should have been. */
const GRACE_MS = 5_000;

interface Waiter {
  wanted: PlaceWanted;
  answer(taken: boolean): void;
}

/** Who has a place, by key, and who waits for one, first come first served. In memory: a restart forgets the calls that it met. */
export class PlaceBook {
  readonly #clock: PlaceClock;
  readonly #taken = new Map<string, Map<string, number>>();
  readonly #waiters: Waiter[] = [];

  constructor(clock: PlaceClock) {
    this.#clock = clock;
  }

  /** True: the place is the caller's until it is given back. False: there was none in time. */
  async take(wanted: PlaceWanted): Promise<boolean> {
    if (this.#enter(wanted)) return true;
    if (wanted.waitMs <= 0) return false;
    let waiter: Waiter | undefined;
    let stop = () => {};
    try {
      return await new Promise<boolean>((resolve) => {
        waiter = { wanted, answer: resolve };
        this.#waiters.push(waiter);
        const givesUp = this.#clock.now() + wanted.waitMs;
        const look = (): void => {
          // In turn: others may wait for the same place, and have waited longer.
          this.#serve(wanted.key);
          const left = givesUp - this.#clock.now();
          if (waiter === undefined || !this.#waiters.includes(waiter)) return;
          if (left > 0) stop = this.#clock.later(this.#freeIn(wanted.key, left), look);
          else {
            this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
            resolve(false);
          }
        };
        stop = this.#clock.later(this.#freeIn(wanted.key, wanted.waitMs), look);
      });
    } finally {
      // Here, not where it is answered: that may be another request's turn, and timers belong to the one that set them.
      stop();
      const place = waiter === undefined ? -1 : this.#waiters.indexOf(waiter);
      if (place >= 0) this.#waiters.splice(place, 1);
    }
  }

  giveBack(key: string, lease: string): void {
    const own = this.#taken.get(key);
    own?.delete(lease);
    if (own?.size === 0) this.#taken.delete(key);
    this.#serve(key);
  }

  /** Places that are free go to who waits for them, first come first served. */
  #serve(key: string): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.wanted.key !== key || !this.#enter(waiter.wanted)) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.answer(true);
    }
  }

  /** Ms until the first of the calls that are in must be over, `most` at most. */
  #freeIn(key: string, most: number): number {
    const ends = this.#taken.get(key)?.values() ?? [];
    return Math.max(1, Math.min(most, ...[...ends].map((end) => end - this.#clock.now())));
  }

  #enter({ key, limit, lease, until }: PlaceWanted): boolean {
    const now = this.#clock.now();
    const own = this.#taken.get(key) ?? new Map<string, number>();
    for (const [other, end] of own) if (end <= now) own.delete(other);
    if (own.size >= limit) return false;
    own.set(lease, until + GRACE_MS);
    this.#taken.set(key, own);
    return true;
  }
}
