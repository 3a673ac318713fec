import type { OutboxPage } from "../../contracts/rpc.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CellStorage } from "./cell-storage.ts";

/** How long changes gather before the sink is told: lists may lag by up to 2 s (section 20). */
const GATHER_MS = 300;
const ACKED = "outbox_acked";

interface OutboxMark {
  last: number;
  storedAck: number;
}

/**
 * What leaves the cell for the read model. The executions themselves are the outbox: each change of status gives a row the
 * next number, and the sink reads what is above its watermark. A hint to the queue only says that there is something.
 */
export class Outbox {
  readonly #storage: CellStorage;
  readonly #timers: TimerQueue;
  readonly #hint: () => void;
  readonly #feedMark: () => number;
  /** How far the tenant's feed was known to be, at the last start of this object. */
  readonly storedFeedMark: number;
  #last: number;
  #acked: number;
  #storedAck: number;
  #announced = false;

  /** `feedMark`: every execution changed up to here is with the tenant's feed. */
  constructor(storage: CellStorage, timers: TimerQueue, hint: () => void, feedMark: () => number) {
    this.#storage = storage;
    this.#timers = timers;
    this.#hint = hint;
    this.#feedMark = feedMark;
    this.#last = storage.lastChange();
    const [acked = 0, fed = 0] = (storage.fact(ACKED) ?? "0").split(" ").map(Number);
    this.#acked = acked;
    this.storedFeedMark = fed;
    this.#storedAck = this.#acked;
  }

  /** The number of the last change. */
  get last(): number {
    return this.#last;
  }

  /** The number of the next change. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** What to `rewind` to when the transaction that follows is rolled back. */
  mark(): OutboxMark {
    return { last: this.#last, storedAck: this.#storedAck };
  }

  /** The numbers given out since then are on no row: the sink would wait for them for ever. */
  rewind({ last, storedAck }: OutboxMark): void {
    this.#last = last;
    this.#storedAck = storedAck;
  }

  get drained(): boolean {
    return this.#acked >= this.#last;
  }

  /** Tells the sink soon that there is something to read. */
  announce(now: number): void {
    if (this.#announced || this.drained) return;
    this.#announced = true;
    this.#timers.at(now + GATHER_MS, () => {
      this.#announced = false;
      this.#hint();
    });
  }

  read(after: number, limit: number): OutboxPage {
    const changed = this.#storage.changed(Math.max(after, 0), limit);
    return {
      rows: changed.map(({ change, projection }) => `{"change":${change},${projection.slice(1)}`),
      last: changed.at(-1)?.change ?? after,
    };
  }

  /** Where the sink reads on: everything up to here it has. */
  get watermark(): number {
    return this.#acked;
  }

  ack(change: number): void {
    this.#acked = Math.max(this.#acked, Math.min(change, this.#last));
  }

  /** Rides on a commit that happens anyway, and the feed's mark with it; a lost one only means that things are sent again. */
  storeWatermark(): void {
    if (this.#storedAck === this.#acked) return;
    this.#storage.putFact(ACKED, `${this.#acked} ${this.#feedMark()}`);
    this.#storedAck = this.#acked;
  }
}
