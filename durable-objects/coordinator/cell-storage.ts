import type { StampedEvent } from "../../engine/run/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { isMigrated, migrate, type SqlStorage, type SqlValue } from "../sqlite-migrations.ts";
import { CELL_MIGRATIONS } from "./migrations.ts";

/** The platform's wall is 2 MB a row or value; the local runtime does not enforce it, so this adapter does. */
const MAX_ROW_BYTES = 1_900_000;
/** UTF-16 units up to which a text cannot pass the wall, whatever it holds (3 bytes a unit at most). */
const SURELY_SMALL = MAX_ROW_BYTES / 3;

/** A row would pass the platform's limits. The execution that wrote it fails by name; others are not touched. */
export class RowTooLarge extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a stored value of ${bytes} bytes passes the limit of ${MAX_ROW_BYTES}`);
    this.bytes = bytes;
  }
}

export interface StoredExecution {
  id: string;
  plan: string;
  head: string;
  finishedAt: number | null;
}

/** What changes of an execution's row with its status. */
export interface ExecutionRow {
  id: string;
  status: string;
  finishedAt: number | null;
  /** Position in the cell's outbox. */
  change: number;
  /** JSON of the read model's row. */
  projection: string;
}

export interface IdempotentStart {
  bodyHash: string;
  execution: string;
}

/** The slice of an object's storage that a cell needs. */
export interface ObjectStorage {
  sql: SqlStorage;
  transactionSync<T>(closure: () => T): T;
}

/** All SQL of a cell. Nothing is written before the first start. */
export class CellStorage {
  readonly #storage: ObjectStorage;
  readonly #sql: SqlStorage;
  #ready: boolean;

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#ready = isMigrated(storage.sql);
    if (this.#ready) migrate(this.#sql, CELL_MIGRATIONS);
  }

  /** Creates the tables with the first write. */
  prepare(): void {
    if (this.#ready) return;
    this.#storage.transactionSync(() => migrate(this.#sql, CELL_MIGRATIONS));
    this.#ready = true;
  }

  /** Everything `writes` does, or nothing. May be nested. */
  atomically(writes: () => void): void {
    this.#storage.transactionSync(writes);
  }

  putPlan(digest: string, source: string): void {
    this.#write("INSERT OR IGNORE INTO plans VALUES (?, ?)", digest, source);
  }

  plan(digest: string): PlanSource | undefined {
    const source = this.#read("SELECT source FROM plans WHERE digest = ?", digest)[0]?.source;
    return source === undefined ? undefined : parse<PlanSource>(source);
  }

  insertExecution(row: ExecutionRow & { plan: string; head: string; createdAt: number }): void {
    const { id, plan, head, status, createdAt, finishedAt, change, projection } = row;
    const statement = "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    this.#write(statement, id, plan, head, status, createdAt, finishedAt, change, projection);
  }

  updateExecution({ id, status, finishedAt, change, projection }: ExecutionRow): void {
    const statement = "UPDATE executions SET status = ?, finished_at = ?, change = ?, projection = ? WHERE id = ?";
    this.#write(statement, status, finishedAt, change, projection, id);
  }

  execution(id: string): StoredExecution | undefined {
    const row = this.#read("SELECT id, plan, head, finished_at FROM executions WHERE id = ?", id)[0];
    return (
      row && { id: text(row.id), plan: text(row.plan), head: text(row.head), finishedAt: numberOrNull(row.finished_at) }
    );
  }

  unfinished(): string[] {
    const rows = this.#read("SELECT id FROM executions WHERE finished_at IS NULL ORDER BY created_at");
    return rows.map((row) => text(row.id));
  }

  /** Appends events of one transition group; a row holds events of one time, and no more than a row may hold. Answers their size. */
  append(execution: string, events: readonly StampedEvent[]): number {
    let parts: string[] = [];
    let chars = 0;
    let size = 0;
    let first = events[0]?.seq ?? 0;
    let at = events[0]?.at ?? 0;
    const flush = (): void => {
      if (parts.length > 0)
        this.#write("INSERT INTO log VALUES (?, ?, ?, ?)", execution, first, at, `[${parts.join(",")}]`);
    };
    for (const { seq, at: time, ...fact } of events) {
      const part = JSON.stringify(fact);
      if ((size + part.length > SURELY_SMALL || time !== at) && parts.length > 0) {
        flush();
        parts = [];
        size = 0;
        first = seq;
      }
      at = time;
      parts.push(part);
      size += part.length + 1;
      chars += part.length + 1;
    }
    flush();
    return chars;
  }

  /** Characters of an execution's log. */
  logSize(execution: string): number {
    return Number(
      this.#read("SELECT sum(length(events)) AS size FROM log WHERE execution = ?", execution)[0]?.size ?? 0,
    );
  }

  *log(execution: string): Generator<StampedEvent> {
    for (const row of this.#read("SELECT seq, at, events FROM log WHERE execution = ? ORDER BY seq", execution)) {
      let seq = Number(row.seq);
      for (const fact of parse<StampedEvent[]>(row.events)) yield { ...fact, seq: seq++, at: Number(row.at) };
    }
  }

  idempotent(key: string, now: number): IdempotentStart | undefined {
    const statement = "SELECT body_hash, execution FROM idempotency WHERE key = ? AND expires_at > ?";
    const row = this.#read(statement, key, now)[0];
    return row && { bodyHash: text(row.body_hash), execution: text(row.execution) };
  }

  putIdempotent(key: string, bodyHash: string, execution: string, expiresAt: number): void {
    this.#write("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?)", key, bodyHash, execution, expiresAt);
  }

  forgetExpired(now: number): void {
    if (this.#ready) this.#write("DELETE FROM idempotency WHERE expires_at <= ?", now);
  }

  changed(after: number, limit: number): { change: number; projection: string }[] {
    const statement = "SELECT change, projection FROM executions WHERE change > ? ORDER BY change LIMIT ?";
    return this.#read(statement, after, limit).map((row) => ({
      change: Number(row.change),
      projection: text(row.projection),
    }));
  }

  lastChange(): number {
    return Number(this.#read("SELECT max(change) AS last FROM executions")[0]?.last ?? 0);
  }

  fact(name: string): string | undefined {
    const value = this.#read("SELECT value FROM facts WHERE name = ?", name)[0]?.value;
    return value === undefined ? undefined : text(value);
  }

  putFact(name: string, value: string): void {
    this.#write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value);
  }

  #read(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    return this.#ready ? this.#sql.exec(query, ...bindings).toArray() : [];
  }

  #write(query: string, ...bindings: SqlValue[]): void {
    for (const value of bindings) if (typeof value === "string" && value.length > SURELY_SMALL) checkSize(value);
    this.#sql.exec(query, ...bindings);
  }
}

function checkSize(value: string): void {
  const { length } = new TextEncoder().encode(value);
  if (length > MAX_ROW_BYTES) throw new RowTooLarge(length);
}

/** JSON that this class wrote itself, read back as the type it was written from. */
function parse<T>(value: SqlValue | undefined): T {
  return JSON.parse(text(value)) as T;
}

function text(value: SqlValue | undefined): string {
  return String(value ?? "");
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
