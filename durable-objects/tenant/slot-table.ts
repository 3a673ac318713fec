import type { SlotRequest } from "../../contracts/rpc.ts";
import type { Row, TenantSql } from "./tenant-sql.ts";

/**
 * `queued`; `held`: has a slot; `going`: has one and is being cancelled for a newer execution; `leaving`: queued, and being
 * cancelled likewise.
 */
export type SlotState = "queued" | "held" | "going" | "leaving";

/** An execution that has a slot or waits for one. */
export interface Slot {
  execution: string;
  key: string;
  cell: string;
  state: SlotState;
  /** Epoch ms of the last time it asked. */
  askedAt: number;
  tries: number;
}

/** How often a key is looked through for the dead while somebody queues, and while nobody does. */
const CONTENDED_MS = 15_000;
const QUIET_MS = 86_400_000;

const COLUMNS = "execution, key, cell, state, asked_at, tries";
const HAS_SLOT = "state IN ('held', 'going')";
const NO_SLOT = "state IN ('queued', 'leaving')";
/** A newcomer that cancels goes first; then higher priority, then who came first. */
const IN_ORDER = "front DESC, priority DESC, seq";

/** SQL of the concurrency slots. A slot that has a `due` has something its cell must be told; what, its state says. */
export class SlotTable {
  readonly #sql: TenantSql;

  constructor(sql: TenantSql) {
    this.#sql = sql;
  }

  find(execution: string): Slot | undefined {
    return this.#sql.read(`SELECT ${COLUMNS} FROM slots WHERE execution = ?`, execution).map(slotOf)[0];
  }

  /** The newest request says how many of its key may run. */
  putKey(key: string, most: number, now: number): void {
    this.#sql.write(
      "INSERT INTO slot_keys VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET most = excluded.most",
      key,
      most,
      now + QUIET_MS,
    );
  }

  add(request: SlotRequest, front: boolean, now: number): void {
    const { executionId, key, cell, priority } = request;
    this.#sql.write(
      `INSERT INTO slots (execution, key, cell, state, front, priority, asked_at, checked_at, due, tries)
       VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, NULL, 0)`,
      executionId,
      key,
      cell,
      front ? 1 : 0,
      priority,
      now,
      now,
    );
  }

  asked(execution: string, now: number): void {
    this.#sql.change("UPDATE slots SET asked_at = ? WHERE execution = ?", now, execution);
  }

  /** Answers the key that it leaves. */
  remove(execution: string): string | undefined {
    const gone = this.#sql.change("DELETE FROM slots WHERE execution = ? RETURNING key", execution)[0];
    return gone && String(gone.key);
  }

  count(key: string, which: "slots" | "queue"): number {
    const states = which === "slots" ? HAS_SLOT : "state = 'queued'";
    return Number(this.#sql.read(`SELECT count(*) AS n FROM slots WHERE key = ? AND ${states}`, key)[0]?.n ?? 0);
  }

  /** From 1; null when it does not queue. */
  position(execution: string): number | null {
    const row = this.#sql.read(
      `SELECT count(*) AS n FROM slots AS me JOIN slots AS it ON it.key = me.key AND it.state = 'queued'
         AND (it.front, it.priority, -it.seq) >= (me.front, me.priority, -me.seq)
       WHERE me.execution = ? AND me.state = 'queued'`,
      execution,
    )[0];
    return Number(row?.n ?? 0) || null;
  }

  /** Cancels all that hold but the newest `keep`, and all that queue. Answers who has to be told that now. */
  cancelOlder(key: string, keep: number, due: number): Slot[] {
    const going = this.#sql.write(
      `UPDATE slots SET state = 'going', due = ?, tries = 1 WHERE seq IN (
         SELECT seq FROM slots WHERE key = ? AND state = 'held' ORDER BY seq DESC LIMIT -1 OFFSET ?
       ) RETURNING ${COLUMNS}`,
      due,
      key,
      keep,
    );
    const leaving = this.#sql.write(
      `UPDATE slots SET state = 'leaving', due = ?, tries = 1 WHERE key = ? AND state = 'queued' RETURNING ${COLUMNS}`,
      due,
      key,
    );
    return [...going, ...leaving].map(slotOf);
  }

  /**
   * Brings a key in order after a change: free slots go to the first of the queue, who are to be told by `due`; a key
   * with a queue is looked through soon; one that nobody uses is forgotten. Answers who got a slot.
   */
  settle(key: string, now: number, due: number): Slot[] {
    const most = this.#sql.read("SELECT most FROM slot_keys WHERE key = ?", key)[0]?.most;
    const free = Number(most ?? 0) - this.count(key, "slots");
    const granted =
      free <= 0
        ? []
        : this.#sql.change(
            `UPDATE slots SET state = 'held', due = ?, tries = 1 WHERE seq IN (
               SELECT seq FROM slots WHERE key = ? AND state = 'queued' ORDER BY ${IN_ORDER} LIMIT ?
             ) RETURNING ${COLUMNS}`,
            due,
            key,
            free,
          );
    if (this.#sql.read("SELECT 1 FROM slots WHERE key = ? LIMIT 1", key).length === 0)
      this.#sql.change("DELETE FROM slot_keys WHERE key = ?", key);
    else if (this.count(key, "queue") > 0)
      this.#sql.change("UPDATE slot_keys SET verify_due = min(verify_due, ?) WHERE key = ?", now + CONTENDED_MS, key);
    return granted.map(slotOf);
  }

  /** Its cell knows what this state means for it, unless it has changed since. */
  told(execution: string, state: SlotState): void {
    this.#sql.change("UPDATE slots SET due = NULL WHERE execution = ? AND state = ?", execution, state);
  }

  /** Whose cell has to be told again: each is due later from now on. */
  claimDue(now: number, atMost: number, delay: (tries: number) => number): Slot[] {
    const rows = this.#sql.read(`SELECT ${COLUMNS} FROM slots WHERE due <= ? ORDER BY due LIMIT ?`, now, atMost);
    return rows.map(slotOf).map((slot) => {
      const tries = slot.tries + 1;
      const due = now + delay(tries);
      this.#sql.write("UPDATE slots SET due = ?, tries = ? WHERE execution = ?", due, tries, slot.execution);
      return slot;
    });
  }

  /** Keys that have to be looked through: each is due later from now on. */
  claimKeys(now: number, atMost: number): string[] {
    const rows = this.#sql.read("SELECT key FROM slot_keys WHERE verify_due <= ? LIMIT ?", now, atMost);
    return rows.map(({ key }) => {
      const next = this.count(String(key), "queue") > 0 ? CONTENDED_MS : QUIET_MS;
      this.#sql.write("UPDATE slot_keys SET verify_due = ? WHERE key = ?", now + next, String(key));
      return String(key);
    });
  }

  /** Of a key, those that asked before `before` and were looked at longest ago: holders, and as many that wait. */
  oldest(key: string, before: number, atMost: number): Slot[] {
    const some = (states: string): Row[] =>
      this.#sql.read(
        `SELECT ${COLUMNS} FROM slots WHERE key = ? AND ${states} AND asked_at < ? ORDER BY checked_at, seq LIMIT ?`,
        key,
        before,
        atMost,
      );
    return [...some(HAS_SLOT), ...some(NO_SLOT)].map(slotOf);
  }

  checked(execution: string, now: number): void {
    this.#sql.change("UPDATE slots SET checked_at = ? WHERE execution = ?", now, execution);
  }

  nextDue(): number | null {
    const row = this.#sql.read(
      `SELECT min(coalesce((SELECT min(due) FROM slots WHERE due IS NOT NULL), 9e15),
                  coalesce((SELECT min(verify_due) FROM slot_keys), 9e15)) AS due`,
    )[0];
    return row === undefined || Number(row.due) === 9e15 ? null : Number(row.due);
  }
}

function slotOf(row: Row): Slot {
  return {
    execution: String(row.execution),
    key: String(row.key),
    cell: String(row.cell),
    state: String(row.state) as SlotState,
    askedAt: Number(row.asked_at),
    tries: Number(row.tries),
  };
}
