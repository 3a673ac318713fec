import type { OutboxPage } from "../../contracts/rpc.ts";
import type { MeteredUpTo } from "../../contracts/usage.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { UsageReader } from "./usage-reader.ts";

/** How long changes gather before the sink is told: lists may lag by up to 2 s (section 20). */
const GATHER_MS = 300;
const ACKED = "outbox_acked";
/** A page ends after so many facts of usage, whatever rows were asked for: it is one statement of the sink. */
const MOST_FACTS = 2_000;

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
  readonly #usage: UsageReader;
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
  constructor(storage: CellStorage, usage: UsageReader, timers: TimerQueue, hint: () => void, feedMark: () => number) {
    this.#storage = storage;
    this.#usage = usage;
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
      globalThis.faultPoint?.("outbox.announced");
      this.#hint();
    });
  }

  /** Each row brings the usage that the sink has not confirmed yet; `last` counts rows whose usage is all here. */
  read(after: number, limit: number): OutboxPage {
    const page: OutboxPage = { rows: [], last: after, metered: [], more: false };
    const changed = this.#storage.changed(Math.max(after, 0), limit);
    let left = MOST_FACTS;
    for (const execution of changed) {
      const { id, change, projection, finished, metered } = execution;
      const usage = this.#usage.read(execution, left);
      left -= usage.facts.length + usage.acts.length;
      const facts = usage.facts.length > 0 ? `"facts":[${usage.facts.join(",")}],` : "";
      const acts = usage.acts.length > 0 ? `"acts":${JSON.stringify(usage.acts)},` : "";
      page.rows.push(`{"change":${change},${facts}${acts}${projection.slice(1)}`);
      // Of what is over and all here, the watermark says enough: a short run costs no further write.
      if (usage.upTo > metered && (!finished || usage.more)) page.metered.push([id, usage.upTo]);
      if (!usage.more) page.last = change;
      if (usage.more || left <= 0) return { ...page, more: true };
    }
    return { ...page, more: changed.length === limit };
  }

  /** Where the sink reads on: everything up to here it has. */
  get watermark(): number {
    return this.#acked;
  }

  ack(change: number, metered: readonly MeteredUpTo[] = []): void {
    this.#acked = Math.max(this.#acked, Math.min(change, this.#last));
    if (metered.length === 0) return;
    this.#storage.atomically(() => {
      for (const [execution, seq] of metered) this.#storage.putMetered(execution, seq);
    });
  }

  /**
   * Rides on a commit that happens anyway, and the feed's mark with it; a lost one only means that things are sent again. `before`: the last
   * change before that commit; what it writes itself, the feed is yet to be told.
   */
  storeWatermark(before = this.#last): void {
    if (this.#storedAck === this.#acked) return;
    this.#storage.putFact(ACKED, `${this.#acked} ${Math.min(this.#feedMark(), before)}`);
    this.#storedAck = this.#acked;
  }
}
