import type { DeliveryTable } from "./delivery-table.ts";
import type { EventLog } from "./event-log.ts";

/** How long finished deliveries are shown and can be sent again. */
const KEEP_MS = 30 * 86_400_000;
const MOST_FINISHED = 100_000;
const MOST_BYTES = 1_073_741_824;
/** Deleted in one alarm, so that it stays short. */
const BATCH = 2_000;
/** After so many new deliveries it is looked whether there are too many. */
const LOOK_AFTER = 2_000;
const AGAIN_MS = 1_000;

/** Keeps the object's tables within their bounds: the oldest that is finished goes first. */
export class Housekeeping {
  readonly #deliveries: DeliveryTable;
  readonly #log: EventLog;
  #dueAt: number | null = null;
  /** As it was when last looked at. */
  #bytes = 0;

  constructor(deliveries: DeliveryTable, log: EventLog) {
    this.#deliveries = deliveries;
    this.#log = log;
  }

  /** A delivery or event of this sequence was written. */
  added(seq: number, now: number): void {
    if (seq % LOOK_AFTER === 0) this.#dueAt ??= now;
  }

  /** Even without what is finished it is too much: nothing more is kept to be sent. */
  get full(): boolean {
    return this.#bytes > 2 * MOST_BYTES;
  }

  nextDue(now: number): number | null {
    const oldest = this.#deliveries.oldestFinished();
    const dues = [
      ...(this.#dueAt === null ? [] : [this.#dueAt]),
      ...(oldest === null ? [] : [oldest + KEEP_MS]),
      ...this.#log.dues(now),
    ];
    return dues.length === 0 ? null : Math.min(...dues);
  }

  onAlarm(now: number): void {
    const due = this.nextDue(now);
    if (due === null || due > now) return;
    this.#dueAt = null;
    this.#log.prune(now);
    let left = BATCH - this.#deliveries.prune(now - KEEP_MS + 1, BATCH);
    const { bytes, finished } = this.#deliveries.size();
    this.#bytes = bytes;
    const surplus = Math.max(finished - MOST_FINISHED, Math.ceil(finished * (1 - MOST_BYTES / Math.max(bytes, 1))));
    if (left > 0 && surplus > 0) left -= this.#deliveries.prune(now + 1, Math.min(left, surplus));
    if (left <= 0) this.#dueAt = now + AGAIN_MS;
  }
}
