import type { StoredTrigger, TriggerRun } from "../../contracts/triggers-rpc.ts";
import type { Environment } from "../../contracts/execution.ts";
import type { Row, ObjectSql } from "../object-sql.ts";

/** A trigger with what the object keeps beside it. */
export interface KnownTrigger {
  record: StoredTrigger;
  nextDue: number | null;
  /** The latest due time that was seen to; 0 before the first. */
  lastDue: number;
}

/** A trigger that is gone is remembered so long: a copy of it that comes late does not bring it back. */
const TOMBSTONE_MS = 7 * 86_400_000;
const RUNS_KEPT = 20;
const CHILDREN = ["firings", "runs", "taken", "buckets", "paces", "windows", "window_events"];

/** SQL of the triggers themselves and of what they did last. */
export class TriggerTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  setOwner(tenantId: string, environment: Environment): void {
    this.#sql.write("INSERT OR IGNORE INTO owner VALUES (1, ?, ?)", tenantId, environment);
  }

  owner(): { tenantId: string; environment: Environment } | undefined {
    const row = this.#sql.read("SELECT tenant, environment FROM owner")[0];
    return row && { tenantId: String(row.tenant), environment: row.environment === "live" ? "live" : "test" };
  }

  /** Its revision, also of one that is gone; 0 when it was never here. */
  revision(id: string): number {
    return Number(this.#sql.read("SELECT revision FROM triggers WHERE id = ?", id)[0]?.revision ?? 0);
  }

  find(id: string): KnownTrigger | undefined {
    const row = this.#sql.read(
      "SELECT record, next_due, last_due FROM triggers WHERE id = ? AND record IS NOT NULL",
      id,
    )[0];
    return row && knownTrigger(row);
  }

  findHook(path: string): StoredTrigger | undefined {
    // A path that has passed from one to another is for a moment that of both here.
    const row = this.#sql.read(
      "SELECT record, next_due, last_due FROM triggers WHERE hook_path = ? ORDER BY active DESC, revision DESC LIMIT 1",
      path,
    )[0];
    return row && knownTrigger(row).record;
  }

  ofTopic(topic: string): StoredTrigger[] {
    const rows = this.#sql.read(
      "SELECT record, next_due, last_due FROM triggers WHERE topic = ? AND active = 1",
      topic,
    );
    return rows.map((row) => knownTrigger(row).record);
  }

  due(now: number, atMost: number): KnownTrigger[] {
    return this.#sql
      .read(
        "SELECT record, next_due, last_due FROM triggers WHERE next_due <= ? ORDER BY next_due, id LIMIT ?",
        now,
        atMost,
      )
      .map(knownTrigger);
  }

  put(record: StoredTrigger, nextDue: number | null): void {
    const { id, revision, active, spec } = record;
    this.#sql.write(
      `INSERT INTO triggers VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, NULL) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision,
         record = excluded.record, active = excluded.active, hook_path = excluded.hook_path, topic = excluded.topic,
         next_due = excluded.next_due, gone_at = NULL`,
      id,
      revision,
      JSON.stringify(record),
      active ? 1 : 0,
      spec.type === "webhook" ? spec.path : null,
      spec.type === "event" ? spec.topic : null,
      nextDue,
    );
  }

  setDue(id: string, lastDue: number, nextDue: number | null): void {
    this.#sql.change("UPDATE triggers SET last_due = ?, next_due = ? WHERE id = ?", lastDue, nextDue, id);
  }

  /** Everything of it goes; that it is gone stays for a while. */
  remove(id: string, revision: number, now: number): void {
    this.#sql.write(
      `INSERT INTO triggers VALUES (?, ?, NULL, 0, NULL, NULL, NULL, 0, 0, ?) ON CONFLICT (id) DO UPDATE SET
         revision = excluded.revision, record = NULL, active = 0, hook_path = NULL, topic = NULL, next_due = NULL,
         gone_at = excluded.gone_at`,
      id,
      revision,
      now,
    );
    for (const table of CHILDREN) this.#sql.write(`DELETE FROM ${table} WHERE trigger_id = ?`, id);
  }

  forgetGone(now: number): void {
    this.#sql.change("DELETE FROM triggers WHERE gone_at <= ?", now - TOMBSTONE_MS);
  }

  addDropped(id: string): void {
    this.#sql.change("UPDATE triggers SET dropped = dropped + 1 WHERE id = ?", id);
  }

  dropped(id: string): number {
    return Number(this.#sql.read("SELECT dropped FROM triggers WHERE id = ?", id)[0]?.dropped ?? 0);
  }

  addRun(id: string, run: TriggerRun): void {
    this.#sql.write("INSERT INTO runs (trigger_id, run) VALUES (?, ?)", id, JSON.stringify(run));
    // The last that was started stays behind any number of skips: what is skipped is skipped for it.
    this.#sql.write(
      `DELETE FROM runs WHERE trigger_id = ? AND seq <= (
         SELECT seq FROM runs WHERE trigger_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ${RUNS_KEPT})
       AND seq IS NOT (SELECT max(seq) FROM runs WHERE trigger_id = ? AND json_extract(run, '$.status') = 'started')`,
      id,
      id,
      id,
    );
  }

  runs(id: string): TriggerRun[] {
    const rows = this.#sql.read("SELECT run FROM runs WHERE trigger_id = ? ORDER BY seq DESC", id);
    return rows.map(({ run }) => JSON.parse(String(run)));
  }

  nextDue(): number | null {
    const row = this.#sql.read(
      `SELECT min(coalesce((SELECT min(next_due) FROM triggers WHERE next_due IS NOT NULL), 9e15),
                  coalesce((SELECT min(gone_at) FROM triggers WHERE gone_at IS NOT NULL) + ${TOMBSTONE_MS}, 9e15)) AS due`,
    )[0];
    return row === undefined || Number(row.due) === 9e15 ? null : Number(row.due);
  }
}

function knownTrigger(row: Row): KnownTrigger {
  return {
    record: JSON.parse(String(row.record)),
    nextDue: row.next_due === null ? null : Number(row.next_due),
    lastDue: Number(row.last_due),
  };
}
