import { failure, type Result, success } from "../../contracts/errors.ts";
import type { KeyedEvent, KeyedWait } from "../../contracts/rpc.ts";
import { fits } from "../../engine/run/waits.ts";
import type { Courier, Told } from "./courier.ts";
import type { ExchangePorts } from "./exchange-ports.ts";
import { type Delivery, KeyedEventTable, type OpenEvents, type StoredEvent } from "./keyed-event-table.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** Events that nobody has taken yet, in number and together. */
const MOST_KEPT = 10_000;
const MOST_KEPT_BYTES = 1_073_741_824;
const MOST_WAITS = 100_000;
/** How long a publisher waits to hear who took its event. What is not told by then is told later. */
const PUBLISHER_MS = 5_000;
/** A taken event is remembered for so long: publishing it again is harmless meanwhile. */
const REMEMBERED_MS = 600_000;
const DAY_MS = 86_400_000;
/** Expired events are deleted together: nothing depends on the moment. */
const SWEEP_MS = 60_000;
const DELIVERED_AT_ONCE = 256;
const DELETED_AT_ONCE = 200;
const CHECKED_AT_ONCE = 128;

/**
 * Keyed events and who waits for them (section 20). Events of one key have their turn one after the other: the next is
 * handed out when the one before it has been taken by somebody, or is kept because nobody was there. A delivery is durable
 * before it is sent, and is repeated until the wait's cell has answered.
 */
export class KeyedEvents {
  readonly #table: KeyedEventTable;
  readonly #sql: TenantSql;
  readonly #courier: Courier;
  readonly #ports: ExchangePorts;
  readonly #changed: () => void;
  /** Counted once in this object's life, then kept up with: a bound, not a balance. */
  #waits: number | undefined;
  /** What was open when it was last counted, and has come since. */
  #open: OpenEvents | undefined;

  constructor(sql: TenantSql, courier: Courier, ports: ExchangePorts, changed: () => void) {
    this.#sql = sql;
    this.#table = new KeyedEventTable(sql);
    this.#courier = courier;
    this.#ports = ports;
    this.#changed = changed;
  }

  /** Answers how many executions have taken it by now. */
  async publish(event: KeyedEvent): Promise<Result<number>> {
    const accepted = this.#sql.atomically(() => this.#accept(event));
    if (!accepted.ok) return accepted;
    this.#changed();
    await this.#atMost(PUBLISHER_MS, this.#send(accepted.value));
    return success(this.#table.delivered(event.id) ?? 0);
  }

  /** Registers a wait. Answers a kept event, which is its own from now on; asked again, the same. */
  await(wait: KeyedWait): KeyedEvent | null {
    const { event, deliver } = this.#sql.atomically(() => this.#take(wait));
    void this.#send(deliver);
    this.#changed();
    return event;
  }

  /** A delivery that is under way goes on: its answer says whether this wait had the event. */
  forget(execution: string, path: string): void {
    if (this.#table.forget(execution, path) && this.#waits !== undefined) this.#waits -= 1;
  }

  nextDue(): number | null {
    const { deliveries, waits, events } = this.#table.nextDue();
    const sweep = events === null ? null : Math.ceil(events / SWEEP_MS) * SWEEP_MS;
    return [deliveries, waits, sweep].reduce(earlier, null);
  }

  onAlarm(): void {
    const now = this.#ports.now();
    const { deliver, check } = this.#sql.atomically(() => {
      const deliver = this.#table.dueForDeletion(now, DELETED_AT_ONCE).flatMap((stored) => this.#sweep(stored, now));
      deliver.push(...this.#table.claimDeliveries(now, DELIVERED_AT_ONCE, retryDelayMs));
      return { deliver, check: this.#table.claimWaits(now, CHECKED_AT_ONCE, now + DAY_MS) };
    });
    void this.#send(deliver);
    for (const wait of check) {
      this.#courier
        .isLive(wait.cell, wait.execution)
        .then((live) => {
          if (live === false) this.forget(wait.execution, wait.path);
        })
        .catch((error: unknown) => this.#ports.report("a wait could not be looked at", error));
    }
  }

  #accept(event: KeyedEvent): Result<Delivery[]> {
    if (this.#table.delivered(event.id) !== undefined) return success([]);
    const full = this.#table.hasFreeWait(event.name, event.key) ? undefined : this.#full();
    if (full !== undefined) {
      return failure("RATE_LIMITED", "Too many events are kept that nobody has waited for yet.", full);
    }
    const bytes = this.#table.insert(event);
    if (this.#open) this.#open = { count: this.#open.count + 1, bytes: this.#open.bytes + bytes };
    return success(this.#advance(event.name, event.key));
  }

  /** The bound that is reached. What was counted before can only be too much, so it is counted again before that counts. */
  #full(): { limit: string; max: number } | undefined {
    if (this.#open === undefined || reached(this.#open)) this.#open = this.#table.open();
    return reached(this.#open);
  }

  /** Lets the events of a key have their turn. Answers what is to be delivered. */
  #advance(name: string, key: string): Delivery[] {
    const now = this.#ports.now();
    for (;;) {
      const head = this.#table.head(name, key);
      if (head === undefined || head.state === "handing") return [];
      // One that may not be kept at all is still for who waits at this moment.
      const deliver = head.event.expiresAt < now ? [] : this.#table.assign(head, now + retryDelayMs(1));
      this.#table.setState(head.seq, deliver.length > 0 ? "handing" : "kept");
      if (deliver.length > 0) return deliver;
    }
  }

  #take(wait: KeyedWait): { event: KeyedEvent | null; deliver: Delivery[] } {
    const { executionId, path, name, key } = wait;
    const now = this.#ports.now();
    const known = this.#table.wait(executionId, path);
    if (known?.name !== name || known.key !== key) {
      this.#countWait(known === undefined);
      this.#table.putWait(wait, now + DAY_MS);
    } else if (known.event !== null) {
      // It was handed this one already; perhaps the delivery is still on its way, and this answer is the first to arrive.
      const stored = this.#table.find(known.event);
      const delivery = { event: known.event, execution: executionId, path };
      const deliver = this.#table.endDelivery(delivery) ? this.#wasTaken(known.event) : [];
      return { event: stored?.event ?? null, deliver };
    }
    const kept = this.#table.kept(name, key, known?.passed ?? 0, now, (event) =>
      fits({ event: name, channel: wait.channel, filter: wait.filter }, event),
    );
    if (kept === undefined) return { event: null, deliver: [] };
    this.#table.give(kept.seq, executionId, path);
    return { event: kept.event, deliver: this.#wasTaken(kept.seq) };
  }

  #countWait(isNew: boolean): void {
    this.#waits ??= this.#table.waitCount();
    if (this.#waits >= MOST_WAITS) throw new Error(`RATE_LIMITED: ${MOST_WAITS} waits for keyed events are open`);
    if (isNew) this.#waits += 1;
  }

  #wasTaken(seq: number): Delivery[] {
    this.#table.taken(seq, this.#ports.now() + REMEMBERED_MS);
    return this.#next(seq);
  }

  #next(seq: number): Delivery[] {
    const stored = this.#table.find(seq);
    return stored ? this.#advance(stored.event.name, stored.event.key) : [];
  }

  /** Resolves when every cell has answered or was given up for now. */
  async #send(deliveries: readonly Delivery[]): Promise<void> {
    await Promise.all(
      deliveries.map((delivery) =>
        this.#deliver(delivery).catch((error: unknown) =>
          this.#ports.report("a keyed event could not be delivered", error),
        ),
      ),
    );
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { execution, path, cell, event: seq } = delivery;
    const stored = this.#table.find(seq);
    if (stored === undefined) return;
    const { id, name, key, payload, channel } = stored.event;
    const told = await this.#courier.tell(`${seq} ${execution} ${path}`, cell, execution, {
      type: "signal",
      name,
      payload,
      key,
      id,
      path,
      ...(channel === undefined ? {} : { channel }),
    });
    if (told === undefined) return;
    const deliver = this.#sql.atomically(() => this.#answered(delivery, told));
    // The next event of this key is not what this publisher waits for.
    void this.#send(deliver);
    this.#changed();
  }

  #answered(delivery: Delivery, told: Told): Delivery[] {
    if (told === "unreachable" || !this.#table.endDelivery(delivery)) return [];
    switch (told) {
      case "running":
      case "ended":
        return this.#wasTaken(delivery.event);
      case "declined":
        this.#table.decline(delivery);
        return [...this.#notTaken(delivery.event), ...this.#offerKept(delivery)];
      case "over":
      case "absent":
        this.#table.forgetReceiver(delivery);
        this.#waits = undefined;
        return this.#notTaken(delivery.event);
      default:
        return told satisfies never;
    }
  }

  /** When that was the last who might have taken it, the event has its turn again, for who has come since. */
  #notTaken(seq: number): Delivery[] {
    const stored = this.#table.find(seq);
    if (stored?.state !== "handing" || this.#table.hasDeliveries(seq)) return [];
    this.#table.setState(seq, "next");
    return this.#advance(stored.event.name, stored.event.key);
  }

  /** A wait that declined one event may want another that has been kept meanwhile. */
  #offerKept({ event, execution, path }: Delivery): Delivery[] {
    const wait = this.#table.wait(execution, path);
    if (wait === undefined || wait.event !== null) return [];
    const kept = this.#table.kept(wait.name, wait.key, event, this.#ports.now(), () => true);
    if (kept === undefined) return [];
    this.#table.setState(kept.seq, "next");
    return this.#advance(wait.name, wait.key);
  }

  #sweep({ seq, state, event }: StoredEvent, now: number): Delivery[] {
    if (state !== "taken" || event.expiresAt <= now) this.#table.withdraw(seq);
    if (state === "taken" && this.#table.isReferenced(seq)) {
      this.#table.postpone(seq, now + DAY_MS);
      return [];
    }
    this.#table.delete(seq);
    return this.#advance(event.name, event.key);
  }

  async #atMost(ms: number, work: Promise<void>): Promise<void> {
    let giveUp = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      giveUp = this.#ports.later(ms, resolve);
    });
    await Promise.race([work, late]);
    giveUp();
  }
}

function earlier(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.min(left, right);
}

function reached({ count, bytes }: OpenEvents): { limit: string; max: number } | undefined {
  if (count >= MOST_KEPT) return { limit: "kept_events", max: MOST_KEPT };
  return bytes >= MOST_KEPT_BYTES ? { limit: "kept_bytes", max: MOST_KEPT_BYTES } : undefined;
}
