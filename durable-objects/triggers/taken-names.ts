import type { ObjectSql } from "../object-sql.ts";

/** What was started for a delivery or event that came before. */
export interface Taken {
  firing: string;
  /** Null while it is not started. */
  execution: string | null;
}

/** Names of deliveries and events that a trigger has taken: one that comes again starts nothing. */
export class TakenNames {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  find(triggerId: string, names: readonly string[], now: number): Taken | undefined {
    for (const name of names) {
      const row = this.#sql.read(
        "SELECT firing, execution FROM taken WHERE trigger_id = ? AND name = ? AND expires_at > ?",
        triggerId,
        name,
        now,
      )[0];
      if (row) return { firing: String(row.firing), execution: row.execution === null ? null : String(row.execution) };
    }
    return undefined;
  }

  add(triggerId: string, names: readonly string[], firing: string, expiresAt: number): void {
    for (const name of names)
      this.#sql.write("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, NULL, ?)", triggerId, name, firing, expiresAt);
  }

  started(firing: string, execution: string): void {
    this.#sql.change("UPDATE taken SET execution = ? WHERE firing = ?", execution, firing);
  }

  /** It was refused: when it comes again, perhaps it is not. */
  forget(firing: string): void {
    this.#sql.change("DELETE FROM taken WHERE firing = ?", firing);
  }

  forgetExpired(now: number): void {
    this.#sql.change("DELETE FROM taken WHERE expires_at <= ?", now);
  }

  /** Rounded up to the hour: they are forgotten together. */
  nextExpiry(): number | null {
    const due = this.#sql.read("SELECT min(expires_at) AS due FROM taken")[0]?.due;
    return due === undefined || due === null ? null : Math.ceil(Number(due) / HOUR_MS) * HOUR_MS;
  }
}

const HOUR_MS = 3_600_000;
