import type { JsonObject } from "../../engine/json.ts";
import type { StoredTrigger } from "../../contracts/triggers-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";

/** A window that is over: what it holds becomes one execution. */
export interface ClosedWindow {
  trigger: StoredTrigger;
  key: string;
  /** Roots of its events, oldest first; of a debounce the last alone. */
  events: JsonObject[];
  /** Names the window: that of its first event here. */
  seq: number;
  openedAt: number;
}

/** All events of one window together, as JSON: they become one execution's `trigger`. */
const MOST_BYTES = 900_000;

/** Events that wait to become one execution: batches and debounces, by trigger and key. */
export class EventWindows {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** Adds an event to a batch. Answers the windows that are full by it. */
  addToBatch(
    trigger: StoredTrigger,
    key: string,
    event: JsonObject,
    { maxSize, timeoutMs }: { maxSize: number; timeoutMs: number },
    now: number,
  ): ClosedWindow[] {
    const closed: ClosedWindow[] = [];
    const text = JSON.stringify(event);
    let open = this.#window(trigger.id, key);
    if (open && open.bytes + text.length > MOST_BYTES) {
      closed.push(...this.#close(trigger, key, open.openedAt));
      open = undefined;
    }
    const count = (open?.count ?? 0) + 1;
    const openedAt = open?.openedAt ?? now;
    this.#put(trigger.id, key, openedAt, openedAt + timeoutMs, count, (open?.bytes ?? 0) + text.length);
    this.#addEvent(trigger.id, key, text);
    if (count >= maxSize) closed.push(...this.#close(trigger, key, openedAt));
    return closed;
  }

  /** The event takes the place of the one before, and puts the end off. Answers what was a batch until the trigger was changed. */
  debounce(
    trigger: StoredTrigger,
    key: string,
    event: JsonObject,
    { periodMs, timeoutMs }: { periodMs: number; timeoutMs: number },
    now: number,
  ): ClosedWindow[] {
    let open = this.#window(trigger.id, key);
    // Only batches are measured.
    const collected = open && open.bytes > 0 ? this.#close(trigger, key, open.openedAt) : [];
    if (collected.length > 0) open = undefined;
    const openedAt = open?.openedAt ?? now;
    this.#sql.change("DELETE FROM window_events WHERE trigger_id = ? AND key = ?", trigger.id, key);
    const due = Math.min(now + periodMs, openedAt + timeoutMs);
    this.#put(trigger.id, key, openedAt, due, (open?.count ?? 0) + 1, 0);
    this.#addEvent(trigger.id, key, JSON.stringify(event));
    return collected;
  }

  /** Takes out the windows that are over, at most so many. */
  closeDue(now: number, atMost: number): ClosedWindow[] {
    const rows = this.#sql.read(
      `SELECT triggers.record, windows.key, windows.opened_at FROM windows JOIN triggers ON triggers.id = trigger_id
       WHERE windows.due <= ? ORDER BY windows.due LIMIT ?`,
      now,
      atMost,
    );
    return rows.flatMap((row) => this.#close(JSON.parse(String(row.record)), String(row.key), Number(row.opened_at)));
  }

  nextDue(): number | null {
    const due = this.#sql.read("SELECT min(due) AS due FROM windows")[0]?.due;
    return due === undefined || due === null ? null : Number(due);
  }

  #window(triggerId: string, key: string): { openedAt: number; count: number; bytes: number } | undefined {
    const row = this.#sql.read(
      "SELECT opened_at, count, bytes FROM windows WHERE trigger_id = ? AND key = ?",
      triggerId,
      key,
    )[0];
    return row && { openedAt: Number(row.opened_at), count: Number(row.count), bytes: Number(row.bytes) };
  }

  #put(triggerId: string, key: string, openedAt: number, due: number, count: number, bytes: number): void {
    this.#sql.write(
      "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?)",
      triggerId,
      key,
      openedAt,
      due,
      count,
      bytes,
    );
  }

  #addEvent(triggerId: string, key: string, event: string): void {
    this.#sql.write("INSERT INTO window_events (trigger_id, key, event) VALUES (?, ?, ?)", triggerId, key, event);
  }

  #close(trigger: StoredTrigger, key: string, openedAt: number): ClosedWindow[] {
    const rows = this.#sql
      .write("DELETE FROM window_events WHERE trigger_id = ? AND key = ? RETURNING seq, event", trigger.id, key)
      .sort((a, b) => Number(a.seq) - Number(b.seq));
    this.#sql.write("DELETE FROM windows WHERE trigger_id = ? AND key = ?", trigger.id, key);
    const seq = rows[0]?.seq;
    if (seq === undefined) return [];
    const events = rows.map(({ event }): JsonObject => JSON.parse(String(event)));
    return [{ trigger, key, events, seq: Number(seq), openedAt }];
  }
}
