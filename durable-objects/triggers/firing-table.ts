import type { JsonObject } from "../../engine/json.ts";
import type { StoredTrigger } from "../../contracts/triggers-rpc.ts";
import type { Row, ObjectSql } from "../object-sql.ts";

/** An execution that is to be started. */
export interface StoredFiring {
  key: string;
  /** As it is now: what was changed since counts. */
  trigger: StoredTrigger;
  /** Epoch ms at which it was due or came. */
  dueAt: number;
  /** The `trigger` root. */
  body: JsonObject;
  tries: number;
  /** Epoch ms of the first try that was perhaps accepted. */
  reachedAt: number | null;
}

export interface NewFiring {
  key: string;
  triggerId: string;
  dueAt: number;
  body: JsonObject;
  /** Not before (epoch ms). */
  due: number;
}

const COLUMNS = "key, due_at, body, tries, reached_at, record";
const JOINED = `SELECT ${COLUMNS} FROM firings JOIN triggers ON triggers.id = trigger_id`;

/** Characters of bodies in one call. */
const MOST_CARRIED = 4_000_000;

/** SQL of what is accepted and not started yet. */
export class FiringTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** One of a key that is known changes nothing. */
  add({ key, triggerId, dueAt, body, due }: NewFiring): void {
    this.#sql.write(
      `INSERT OR IGNORE INTO firings (key, trigger_id, due_at, body, due, tries, claimed, reached_at)
       VALUES (?, ?, ?, ?, ?, 0, 0, NULL)`,
      key,
      triggerId,
      dueAt,
      JSON.stringify(body),
      due,
    );
  }

  /**
   * The next that are due, or the one of a key: who claims them sends them; nobody else does until `until`. From here on they are
   * perhaps accepted, whether an answer comes or not: `reachedAt` is as it was before.
   */
  claim(which: { now: number; atMost: number } | { now: number; key: string }, until: number): StoredFiring[] {
    const rows =
      "key" in which
        ? this.#sql.read(`${JOINED} WHERE key = ? AND claimed = 0`, which.key)
        : this.#due(which.now, which.atMost).flatMap((seq) => this.#sql.read(`${JOINED} WHERE seq = ?`, seq));
    return rows.map(storedFiring).map((firing) => {
      const claim =
        "UPDATE firings SET due = ?, claimed = 1, tries = tries + 1, reached_at = coalesce(reached_at, ?) WHERE key = ?";
      this.#sql.write(claim, until, which.now, firing.key);
      return { ...firing, tries: firing.tries + 1 };
    });
  }

  /** The next that are due: so many, and no more than one call carries. */
  #due(now: number, atMost: number): number[] {
    const sizes = "SELECT seq, length(body) AS size FROM firings WHERE due <= ? ORDER BY due, seq LIMIT ?";
    let total = 0;
    return this.#sql.read(sizes, now, atMost).flatMap(({ seq, size }, index) => {
      total += Number(size);
      return index === 0 || total <= MOST_CARRIED ? [Number(seq)] : [];
    });
  }

  /** In a new life of the object nothing is under way. */
  unclaim(now: number): void {
    this.#sql.change("UPDATE firings SET claimed = 0, due = min(due, ?) WHERE claimed = 1", now);
  }

  postpone(key: string, due: number, reachedAt: number | null): void {
    this.#sql.change("UPDATE firings SET claimed = 0, due = ?, reached_at = ? WHERE key = ?", due, reachedAt, key);
  }

  /** False when it was gone: its trigger was removed, or another answer came first. */
  remove(key: string): boolean {
    return this.#sql.change("DELETE FROM firings WHERE key = ? RETURNING seq", key).length > 0;
  }

  waiting(triggerId?: string): number {
    const rows =
      triggerId === undefined
        ? this.#sql.read("SELECT count(*) AS n FROM firings")
        : this.#sql.read("SELECT count(*) AS n FROM firings WHERE trigger_id = ?", triggerId);
    return Number(rows[0]?.n ?? 0);
  }

  nextDue(): number | null {
    const due = this.#sql.read("SELECT min(due) AS due FROM firings")[0]?.due;
    return due === undefined || due === null ? null : Number(due);
  }
}

function storedFiring(row: Row): StoredFiring {
  return {
    key: String(row.key),
    trigger: JSON.parse(String(row.record)),
    dueAt: Number(row.due_at),
    body: JSON.parse(String(row.body)),
    tries: Number(row.tries),
    reachedAt: row.reached_at === null ? null : Number(row.reached_at),
  };
}
