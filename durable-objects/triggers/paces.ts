import type { Pace } from "../../engine/triggers/trigger-spec.ts";
import type { ObjectSql } from "../object-sql.ts";

/** How often a trigger starts: by a token bucket for calls, by counted starts for events. */
export class Paces {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** Takes a token of a trigger's bucket; answers in how many milliseconds there is one where there is none. */
  takeToken(triggerId: string, { perMinute, burst }: { perMinute: number; burst: number }, now: number): number {
    const row = this.#sql.read("SELECT tokens, at FROM buckets WHERE trigger_id = ?", triggerId)[0];
    const perMs = perMinute / 60_000;
    const most = Math.max(1, burst);
    const passed = row === undefined ? 0 : Math.max(0, now - Number(row.at));
    const tokens = row === undefined ? most : Math.min(most, Number(row.tokens) + passed * perMs);
    if (tokens < 1) return Math.ceil((1 - tokens) / perMs);
    this.#sql.write("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", triggerId, tokens - 1, now);
    return 0;
  }

  /** False when as many of the key came within the period already. */
  admits(triggerId: string, key: string, pace: Pace, now: number): boolean {
    const latest = this.#nth(triggerId, "limit", key, pace.limit);
    if (latest !== undefined && latest > now - pace.periodMs) return false;
    this.#note(triggerId, "limit", key, now, pace);
    return true;
  }

  /** When the next of a key starts so that no period has more than its limit. */
  nextStart(triggerId: string, key: string, pace: Pace, now: number): number {
    const latest = this.#nth(triggerId, "throttle", key, pace.limit);
    const at = latest === undefined ? now : Math.max(now, latest + pace.periodMs);
    this.#note(triggerId, "throttle", key, at, pace);
    return at;
  }

  forgetExpired(now: number): void {
    this.#sql.change("DELETE FROM paces WHERE expires_at <= ?", now);
  }

  nextExpiry(): number | null {
    const due = this.#sql.read("SELECT min(expires_at) AS due FROM paces")[0]?.due;
    return due === undefined || due === null ? null : Math.ceil(Number(due) / ROUND_MS) * ROUND_MS;
  }

  /** When the `n`th of the latest was. */
  #nth(triggerId: string, kind: string, key: string, n: number): number | undefined {
    const row = this.#sql.read(
      "SELECT at FROM paces WHERE trigger_id = ? AND kind = ? AND key = ? ORDER BY at DESC LIMIT 1 OFFSET ?",
      triggerId,
      kind,
      key,
      n - 1,
    )[0];
    return row && Number(row.at);
  }

  #note(triggerId: string, kind: string, key: string, at: number, { periodMs }: Pace): void {
    this.#sql.write(
      "INSERT INTO paces (trigger_id, kind, key, at, expires_at) VALUES (?, ?, ?, ?, ?)",
      triggerId,
      kind,
      key,
      at,
      at + periodMs,
    );
  }
}

/** What expires is forgotten together. */
const ROUND_MS = 60_000;
