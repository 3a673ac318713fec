import type { KeyedEvent, KeyedWait } from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import type { Row, TenantSql } from "./tenant-sql.ts";

/**
 * `next`: its turn has not come; `handing`: waiters are being told; `kept`: nobody waited, the first that comes has it;
 * `taken`: somebody has it.
 */
export type KeyedEventState = "next" | "handing" | "kept" | "taken";

export interface StoredEvent {
  seq: number;
  state: KeyedEventState;
  event: KeyedEvent;
}

/** A wait whose event is on its way to it. */
export interface Delivery {
  event: number;
  execution: string;
  path: string;
  cell: string;
  tries: number;
}

/** What the payload and the rest take, and how many there are. */
export interface OpenEvents {
  count: number;
  bytes: number;
}

const DELIVERY = "event, execution, path, cell, tries";

/** SQL of keyed events and of who waits for them. */
export class KeyedEventTable {
  readonly #sql: TenantSql;

  constructor(sql: TenantSql) {
    this.#sql = sql;
  }

  open(): OpenEvents {
    const row = this.#sql.read(
      "SELECT count(*) AS n, coalesce(sum(bytes), 0) AS bytes FROM keyed_events WHERE state <> 'taken'",
    )[0];
    return { count: Number(row?.n ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  /** Answers about how much it takes. */
  insert({ id, name, key, payload, channel, expiresAt }: KeyedEvent): number {
    const body = JSON.stringify(channel === undefined ? { payload } : { payload, channel });
    this.#sql.write(
      `INSERT INTO keyed_events (id, name, key, body, bytes, state, delivered, expires_at, due)
       VALUES (?, ?, ?, ?, ?, 'next', 0, ?, ?)`,
      id,
      name,
      key,
      body,
      body.length,
      expiresAt,
      expiresAt,
    );
    return body.length;
  }

  /** By its own id or by its place. */
  find(which: string | number): StoredEvent | undefined {
    const column = typeof which === "string" ? "id" : "seq";
    return this.#sql.read(`SELECT * FROM keyed_events WHERE ${column} = ?`, which).map(storedEventOf)[0];
  }

  /** To how many it was handed; undefined for an event that is not here. */
  delivered(id: string): number | undefined {
    const row = this.#sql.read("SELECT delivered FROM keyed_events WHERE id = ?", id)[0];
    return row && Number(row.delivered);
  }

  /** The first whose turn it is or will be. */
  head(name: string, key: string): StoredEvent | undefined {
    return this.#sql
      .read(
        "SELECT * FROM keyed_events WHERE name = ? AND key = ? AND state IN ('next', 'handing') ORDER BY seq LIMIT 1",
        name,
        key,
      )
      .map(storedEventOf)[0];
  }

  /** The oldest that is kept, fits, and comes after everything that the wait has declined (`passed`). */
  kept(
    name: string,
    key: string,
    passed: number,
    now: number,
    fits: (event: KeyedEvent) => boolean,
  ): StoredEvent | undefined {
    for (let after = passed; ; ) {
      const stored = this.#sql
        .read(
          `SELECT * FROM keyed_events WHERE name = ? AND key = ? AND state = 'kept' AND seq > ? AND expires_at > ?
           ORDER BY seq LIMIT 1`,
          name,
          key,
          after,
          now,
        )
        .map(storedEventOf)[0];
      if (!stored || fits(stored.event)) return stored;
      after = stored.seq;
    }
  }

  setState(seq: number, state: KeyedEventState): void {
    this.#sql.write("UPDATE keyed_events SET state = ? WHERE seq = ?", state, seq);
  }

  /** Somebody has it: it may be deleted from `due` on. */
  taken(seq: number, due: number): void {
    this.#sql.write(
      "UPDATE keyed_events SET state = 'taken', delivered = delivered + 1, due = ? WHERE seq = ?",
      due,
      seq,
    );
  }

  /** Gives an event to every wait for it that has none. Answers what is to be delivered. */
  assign({ seq, event }: StoredEvent, due: number): Delivery[] {
    const waits = this.#sql.write(
      `UPDATE keyed_waits SET event = ? WHERE name = ? AND key = ? AND event IS NULL AND passed < ?
       RETURNING execution, path, cell`,
      seq,
      event.name,
      event.key,
      seq,
    );
    return waits.map((row) => {
      const delivery = deliveryOf({ ...row, event: seq, tries: 1 });
      const { execution, path, cell } = delivery;
      this.#sql.write("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, 1)", seq, execution, path, cell, due);
      return delivery;
    });
  }

  hasFreeWait(name: string, key: string): boolean {
    const query = "SELECT 1 FROM keyed_waits WHERE name = ? AND key = ? AND event IS NULL LIMIT 1";
    return this.#sql.read(query, name, key).length > 0;
  }

  /** False when it was no longer under way. */
  endDelivery({ event, execution, path }: Pick<Delivery, "event" | "execution" | "path">): boolean {
    const query = "DELETE FROM deliveries WHERE event = ? AND execution = ? AND path = ? RETURNING 1";
    return this.#sql.change(query, event, execution, path).length > 0;
  }

  hasDeliveries(event: number): boolean {
    return this.#sql.read("SELECT 1 FROM deliveries WHERE event = ? LIMIT 1", event).length > 0;
  }

  claimDeliveries(now: number, atMost: number, delay: (tries: number) => number): Delivery[] {
    const query = `SELECT ${DELIVERY} FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?`;
    const due = this.#sql.read(query, now, atMost).map(deliveryOf);
    for (const { event, execution, path, tries } of due) {
      const next = now + delay(tries + 1);
      const statement = "UPDATE deliveries SET due = ?, tries = ? WHERE event = ? AND execution = ? AND path = ?";
      this.#sql.write(statement, next, tries + 1, event, execution, path);
    }
    return due;
  }

  wait(
    execution: string,
    path: string,
  ): { name: string; key: string; event: number | null; passed: number } | undefined {
    const query = "SELECT name, key, event, passed FROM keyed_waits WHERE execution = ? AND path = ?";
    const row = this.#sql.read(query, execution, path)[0];
    return (
      row && {
        name: String(row.name),
        key: String(row.key),
        event: row.event === null ? null : Number(row.event),
        passed: Number(row.passed),
      }
    );
  }

  putWait({ executionId, path, cell, name, key }: KeyedWait, checkDue: number): void {
    const statement = "INSERT OR REPLACE INTO keyed_waits VALUES (?, ?, ?, ?, ?, NULL, 0, ?)";
    this.#sql.write(statement, executionId, path, cell, name, key, checkDue);
  }

  give(event: number, execution: string, path: string): void {
    this.#sql.write("UPDATE keyed_waits SET event = ? WHERE execution = ? AND path = ?", event, execution, path);
  }

  /** It is there and does not want this event: it waits on for later ones. */
  decline({ event, execution, path }: Delivery): void {
    const statement =
      "UPDATE keyed_waits SET event = NULL, passed = ? WHERE execution = ? AND path = ? AND event = ? RETURNING 1";
    this.#sql.change(statement, event, execution, path, event);
  }

  forget(execution: string, path: string): boolean {
    const statement = "DELETE FROM keyed_waits WHERE execution = ? AND path = ? RETURNING 1";
    return this.#sql.change(statement, execution, path).length > 0;
  }

  /** The wait that was to have this event is no more. One that has begun since at the same path stays. */
  forgetReceiver({ event, execution, path }: Delivery): void {
    const statement = "DELETE FROM keyed_waits WHERE execution = ? AND path = ? AND event = ? RETURNING 1";
    this.#sql.change(statement, execution, path, event);
  }

  waitCount(): number {
    return Number(this.#sql.read("SELECT count(*) AS n FROM keyed_waits")[0]?.n ?? 0);
  }

  /** Waits that nobody has heard of for long: each is due later from now on. */
  claimWaits(now: number, atMost: number, next: number): { execution: string; path: string; cell: string }[] {
    const query = "SELECT execution, path, cell FROM keyed_waits WHERE check_due <= ? LIMIT ?";
    return this.#sql.read(query, now, atMost).map((row) => {
      const wait = { execution: String(row.execution), path: String(row.path), cell: String(row.cell) };
      const statement = "UPDATE keyed_waits SET check_due = ? WHERE execution = ? AND path = ?";
      this.#sql.write(statement, next, wait.execution, wait.path);
      return wait;
    });
  }

  dueForDeletion(now: number, atMost: number): StoredEvent[] {
    return this.#sql
      .read("SELECT * FROM keyed_events WHERE due <= ? ORDER BY due LIMIT ?", now, atMost)
      .map(storedEventOf);
  }

  /** Gives up what is under way of an event; the waits that were to have it are free again. */
  withdraw(event: number): void {
    this.#sql.write(
      `UPDATE keyed_waits SET event = NULL WHERE event = ? AND EXISTS (
         SELECT 1 FROM deliveries AS it WHERE it.event = keyed_waits.event
           AND it.execution = keyed_waits.execution AND it.path = keyed_waits.path)`,
      event,
    );
    this.#sql.write("DELETE FROM deliveries WHERE event = ?", event);
  }

  isReferenced(event: number): boolean {
    return (
      this.hasDeliveries(event) || this.#sql.read("SELECT 1 FROM keyed_waits WHERE event = ? LIMIT 1", event).length > 0
    );
  }

  postpone(event: number, due: number): void {
    this.#sql.write("UPDATE keyed_events SET due = ? WHERE seq = ?", due, event);
  }

  delete(event: number): void {
    this.#sql.write("DELETE FROM keyed_events WHERE seq = ?", event);
  }

  nextDue(): { deliveries: number | null; waits: number | null; events: number | null } {
    const row = this.#sql.read(
      `SELECT (SELECT min(due) FROM deliveries) AS deliveries, (SELECT min(check_due) FROM keyed_waits) AS waits,
              (SELECT min(due) FROM keyed_events) AS events`,
    )[0];
    return {
      deliveries: numberOrNull(row?.deliveries),
      waits: numberOrNull(row?.waits),
      events: numberOrNull(row?.events),
    };
  }
}

function numberOrNull(value: Row[string] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function deliveryOf(row: Row): Delivery {
  return {
    event: Number(row.event),
    execution: String(row.execution),
    path: String(row.path),
    cell: String(row.cell),
    tries: Number(row.tries),
  };
}

function storedEventOf(row: Row): StoredEvent {
  const { payload, channel } = JSON.parse(String(row.body)) as { payload: Json; channel?: string };
  const event: KeyedEvent = {
    id: String(row.id),
    name: String(row.name),
    key: String(row.key),
    payload,
    ...(channel === undefined ? {} : { channel }),
    expiresAt: Number(row.expires_at),
  };
  return { seq: Number(row.seq), state: String(row.state) as KeyedEventState, event };
}
