import { shardCapacity } from "../../contracts/shard-load.ts";
import { Courier } from "./courier.ts";
import type { ExchangePorts } from "./exchange-ports.ts";
import { KeyedEvents } from "./keyed-events.ts";
import { LeaseBook } from "./lease-book.ts";
import { ShardGrowth } from "./shard-growth.ts";
import { Slots } from "./slots.ts";
import { StepCache } from "./step-cache.ts";
import { StoredSettings } from "./tenant-settings.ts";
import type { TenantSql } from "./tenant-sql.ts";

/**
 * What passes between a tenant's cells: concurrency slots, keyed events and cached outputs. It keeps nothing in memory that
 * a kill would lose: whatever is still to be done stands in a table with the time when it is due, and the object's one
 * alarm is set for the first of these.
 */
export class Exchange {
  readonly slots: Slots;
  readonly events: KeyedEvents;
  readonly cache: StepCache;
  readonly settings: StoredSettings;
  readonly leases: LeaseBook;
  readonly shards: ShardGrowth;
  readonly #ports: ExchangePorts;
  /** When the alarm will ring, as far as this life of the object knows. */
  #alarmAt: number | undefined;

  constructor(sql: TenantSql, ports: ExchangePorts) {
    const courier = new Courier(ports);
    const changed = (): void => this.#arm();
    this.#ports = ports;
    this.slots = new Slots(sql, courier, ports, changed);
    this.events = new KeyedEvents(sql, courier, ports, changed);
    this.settings = new StoredSettings(sql, ports.defaultLimits ?? {});
    const asked = (): void => {
      this.shards.look();
      this.#arm();
    };
    this.leases = new LeaseBook(sql, courier, ports, this.settings, asked);
    this.shards = new ShardGrowth({
      now: ports.now,
      used: (account) => this.leases.inShards(account),
      settings: this.settings,
      capacity: ports.shardCapacity ?? shardCapacity(undefined),
      grown: (from, to) => ports.grown?.(from, to),
    });
    this.cache = new StepCache(sql, ports, changed);
  }

  onAlarm(): void {
    this.#alarmAt = undefined;
    this.slots.onAlarm();
    this.events.onAlarm();
    this.cache.onAlarm();
    this.leases.onAlarm();
    this.#arm();
  }

  /** An alarm that rings for nothing costs less than one that is set at every change. */
  #arm(): void {
    for (const due of [this.slots.nextDue(), this.events.nextDue(), this.cache.nextDue(), this.leases.nextDue()]) {
      if (due === null || (this.#alarmAt !== undefined && this.#alarmAt <= due)) continue;
      this.#alarmAt = due;
      this.#ports.setAlarm(due);
    }
  }
}
