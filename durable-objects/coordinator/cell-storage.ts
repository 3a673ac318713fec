import type { EngineEvent, RunStatus, StampedEvent } from "../../engine/run/types.ts";
import type { ExecutionProjection } from "../../contracts/rpc.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { LargeIndex } from "../archive/large-index.ts";
import { LargeReader } from "../archive/large-reader.ts";
import { isMigrated, migrate, type SqlStorage, type SqlValue } from "../sqlite-migrations.ts";
import type { ChangedExecution } from "./changed-execution.ts";
import { type LogRows, logRows } from "./log-rows.ts";
import { CELL_MIGRATIONS } from "./migrations.ts";
import { checkRow, SURELY_SMALL } from "./row-size.ts";
import { numberOrNull, parse, text } from "./stored-values.ts";

/** Rows of a log that are read at once: a page of events is bounded by its characters. */
const LOG_PAGE_ROWS = 64;
const LAST_CHANGE = "last_change";

export interface StoredExecution {
  id: string;
  plan: string;
  head: string;
  status: RunStatus;
  finishedAt: number | null;
  asleep: boolean;
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
  /** What it goes on with, where that has changed: the digest of its plan, and its head. */
  next?: { plan: string; head: string };
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
  /** When the next sleeping execution is due; undefined when it has to be looked up. */
  #nextDue: number | null | undefined;

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

  insertExecution(row: ExecutionRow & { plan: string; head: string; createdAt: number; parent: string | null }): void {
    const { id, plan, head, status, createdAt, finishedAt, change, projection, parent } = row;
    const statement =
      "INSERT INTO executions (id, plan, head, status, created_at, finished_at, change, projection, parent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    this.#write(statement, id, plan, head, status, createdAt, finishedAt, change, projection, parent);
  }

  updateExecution({ id, status, finishedAt, change, projection, next }: ExecutionRow): void {
    const statement = "UPDATE executions SET status = ?, finished_at = ?, change = ?, projection = ? WHERE id = ?";
    this.#write(statement, status, finishedAt, change, projection, id);
    if (next) this.#write("UPDATE executions SET plan = ?, head = ? WHERE id = ?", next.plan, next.head, id);
  }

  putHead(id: string, head: string): void {
    this.#write("UPDATE executions SET head = ? WHERE id = ?", head, id);
  }

  /** It only waits, until `due` at the earliest; a restart leaves it on the disk. */
  putToSleep(id: string, due: number | null): void {
    this.#nextDue = undefined;
    this.#write("UPDATE executions SET asleep = 1, due = ? WHERE id = ?", due, id);
  }

  awaken(id: string): void {
    this.#nextDue = undefined;
    this.#write("UPDATE executions SET asleep = 0, due = NULL WHERE id = ?", id);
  }

  /** Sleeping executions whose time has come, the longest overdue first. */
  due(now: number, limit: number): string[] {
    return this.#read("SELECT id FROM executions WHERE due <= ? ORDER BY due LIMIT ?", now, limit).map((row) =>
      text(row.id),
    );
  }

  /** When the next of them is. */
  nextDue(): number | null {
    if (!this.#ready) return null;
    if (this.#nextDue === undefined) {
      const statement = "SELECT min(due) AS due FROM executions WHERE due IS NOT NULL";
      this.#nextDue = numberOrNull(this.#read(statement)[0]?.due);
    }
    return this.#nextDue;
  }

  /** Unfinished executions that steps of `parent` started. */
  children(parent: string): string[] {
    const statement = "SELECT id FROM executions WHERE parent = ? AND finished_at IS NULL";
    return this.#read(statement, parent).map((row) => text(row.id));
  }

  /** Unfinished executions whose parent is over. */
  orphans(): { id: string; parentStatus: string }[] {
    const statement = `SELECT child.id AS id, parent.status AS parent_status FROM executions AS child JOIN executions AS parent ON child.parent = parent.id
      WHERE child.parent IS NOT NULL AND child.finished_at IS NULL AND parent.finished_at IS NOT NULL`;
    return this.#read(statement).map((row) => ({ id: text(row.id), parentStatus: text(row.parent_status) }));
  }

  execution(id: string): StoredExecution | undefined {
    const row = this.#read("SELECT id, plan, head, status, finished_at, asleep FROM executions WHERE id = ?", id)[0];
    if (!row) return undefined;
    const { id: found, plan, head, status, finished_at: finishedAt, asleep } = row;
    return {
      id: text(found),
      plan: text(plan),
      head: text(head),
      status: text(status) as RunStatus,
      finishedAt: numberOrNull(finishedAt),
      asleep: Number(asleep) === 1,
    };
  }

  /** Executions that have something to do: what a restart goes on with. */
  awake(): string[] {
    const rows = this.#read("SELECT id FROM executions WHERE finished_at IS NULL AND asleep = 0 ORDER BY created_at");
    return rows.map((row) => text(row.id));
  }

  /** Appends events of one transition group. Answers their size. */
  append(execution: string, events: readonly StampedEvent[], large?: LargeIndex): Omit<LogRows, "rows"> {
    const { rows, ...size } = logRows(events, large);
    for (const { seq, at, json } of rows) this.#write("INSERT INTO log VALUES (?, ?, ?, ?)", execution, seq, at, json);
    return size;
  }

  /** Characters of an execution's log. */
  logSize(execution: string): number {
    return Number(
      this.#read("SELECT sum(length(events)) AS size FROM log WHERE execution = ?", execution)[0]?.size ?? 0,
    );
  }

  *log(execution: string, large = new LargeReader(this, execution)): Generator<StampedEvent> {
    yield* stamped(this.#read("SELECT seq, at, events FROM log WHERE execution = ? ORDER BY seq", execution), large);
  }

  /** Events after the sequence `after`: whole rows, until they hold `chars`; `end`: there are no more. */
  logAfter(
    execution: string,
    after: number,
    chars: number,
    large = new LargeReader(this, execution),
  ): { events: StampedEvent[]; end: boolean } {
    const first = "SELECT max(seq) AS seq FROM log WHERE execution = ? AND seq <= ?";
    const next = "SELECT seq, at, events FROM log WHERE execution = ? AND seq >= ? ORDER BY seq LIMIT ?";
    const events: StampedEvent[] = [];
    let seq = Number(this.#read(first, execution, after + 1)[0]?.seq ?? 0);
    let left = chars;
    for (;;) {
      const rows = this.#read(next, execution, seq, LOG_PAGE_ROWS);
      for (const row of rows) {
        if (left - large.bytes <= 0) return { events, end: false };
        left -= text(row.events).length;
        for (const event of stamped([row], large)) {
          seq = event.seq + 1;
          if (event.seq > after) events.push(event);
        }
      }
      if (rows.length < LOG_PAGE_ROWS) return { events, end: true };
    }
  }

  /** Sequence of the last event of a log; 0 when it has none. */
  lastSeq(execution: string): number {
    const last = "SELECT seq, at, events FROM log WHERE execution = ? ORDER BY seq DESC LIMIT 1";
    let seq = 0;
    for (const event of stamped(this.#read(last, execution))) seq = event.seq;
    return seq;
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

  changed(after: number, limit: number): ChangedExecution[] {
    const statement =
      "SELECT id, plan, finished_at, change, projection, metered FROM executions WHERE change > ? ORDER BY change LIMIT ?";
    return this.#read(statement, after, limit).map((row) => ({
      id: text(row.id),
      plan: text(row.plan),
      finished: row.finished_at !== null,
      change: Number(row.change),
      projection: text(row.projection),
      metered: Number(row.metered),
    }));
  }

  /** Executions changed after `after`, oldest first. */
  unfed(after: number, limit: number): { id: string; change: number; head: string; finishedAt: number | null }[] {
    const statement = "SELECT id, change, head, finished_at FROM executions WHERE change > ? ORDER BY change LIMIT ?";
    return this.#read(statement, after, limit).map((row) => ({
      id: text(row.id),
      change: Number(row.change),
      head: text(row.head),
      finishedAt: numberOrNull(row.finished_at),
    }));
  }

  /** How far the feed has an execution's log. */
  fed(id: string): number {
    return Number(this.#read("SELECT fed FROM executions WHERE id = ?", id)[0]?.fed ?? 0);
  }

  putFed(id: string, seq: number): void {
    this.#write("UPDATE executions SET fed = ? WHERE id = ?", seq, id);
  }

  /** Ids of stored executions, in their order. */
  executionIds(after: string, limit: number, createdSince: number): string[] {
    const statement = "SELECT id FROM executions WHERE id > ? AND created_at >= ? ORDER BY id LIMIT ?";
    return this.#read(statement, after, createdSince, limit).map((row) => text(row.id));
  }

  /** Step runs by the row that the read model sees, as `projectionOf` wrote it. */
  reportedRuns(id: string): number {
    const row = this.#read("SELECT projection FROM executions WHERE id = ?", id)[0];
    return row ? parse<Pick<ExecutionProjection, "usage">>(row.projection).usage.step_runs : 0;
  }

  /** Rows of a log, after the row `after`, that may hold what the sink takes of it: what was used, and what somebody did. */
  telltaleRows(execution: string, after: number, limit: number): { seq: number; at: number; events: EngineEvent[] }[] {
    const statement = `SELECT seq, at, events FROM log WHERE execution = ? AND seq > ?
      AND (instr(events, '"usage":{') > 0 OR instr(events, '"workflow.started"') > 0 OR instr(events, '"actor":') > 0
        OR instr(events, '"approval.decided"') > 0) ORDER BY seq LIMIT ?`;
    return this.#read(statement, execution, after, limit).map(({ seq, at, events }) => {
      return { seq: Number(seq), at: Number(at), events: parse<EngineEvent[]>(events) };
    });
  }

  putMetered(execution: string, seq: number): void {
    this.#write("UPDATE executions SET metered = max(metered, ?) WHERE id = ?", seq, execution);
  }

  hasUnfinished(): boolean {
    return this.#read("SELECT 1 FROM executions WHERE finished_at IS NULL LIMIT 1").length > 0;
  }

  /** Executions that queue for others to end, in the order in which they came. */
  queued(): { execution: string; workflow: string; priority: number }[] {
    return this.#read("SELECT execution, workflow, priority FROM start_queue ORDER BY seq").map((row) => ({
      execution: text(row.execution),
      workflow: text(row.workflow),
      priority: Number(row.priority),
    }));
  }

  putQueued(execution: string, workflow: string, priority: number): void {
    this.#write(
      "INSERT OR IGNORE INTO start_queue (execution, workflow, priority) VALUES (?, ?, ?)",
      execution,
      workflow,
      priority,
    );
  }

  deleteQueued(execution: string): void {
    this.#write("DELETE FROM start_queue WHERE execution = ?", execution);
  }

  /** Executions that a budget which they share has paused. */
  heldByBudget(): string[] {
    return this.#read("SELECT execution FROM held_by_budget").map((row) => text(row.execution));
  }

  putHeldByBudget(execution: string, held: boolean): void {
    if (held) this.#write("INSERT OR IGNORE INTO held_by_budget VALUES (?)", execution);
    else this.#write("DELETE FROM held_by_budget WHERE execution = ?", execution);
  }

  /** What all of it takes on the disk. */
  get bytes(): number {
    return this.#sql.databaseSize ?? 0;
  }

  lastChange(): number {
    const last = Number(this.#read("SELECT max(change) AS last FROM executions")[0]?.last ?? 0);
    return Math.max(last, Number(this.fact(LAST_CHANGE) ?? 0));
  }

  /** The newest executions are about to leave: numbers that were given out are never given again. */
  putLastChange(change: number): void {
    this.putFact(LAST_CHANGE, String(change));
  }

  fact(name: string): string | undefined {
    const value = this.#read("SELECT value FROM facts WHERE name = ?", name)[0]?.value;
    return value === undefined ? undefined : text(value);
  }

  putFact(name: string, value: string): void {
    this.#write("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value);
  }

  /** For the tables whose SQL stands in files of their own. */
  read(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    return this.#read(query, ...bindings);
  }

  /** Likewise; answers the rows of a RETURNING. */
  write(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    for (const value of bindings) if (typeof value === "string" && value.length > SURELY_SMALL) checkRow(value);
    return this.#sql.exec(query, ...bindings).toArray();
  }

  #read(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    return this.#ready ? this.#sql.exec(query, ...bindings).toArray() : [];
  }

  #write(query: string, ...bindings: SqlValue[]): void {
    for (const value of bindings) if (typeof value === "string" && value.length > SURELY_SMALL) checkRow(value);
    this.#sql.exec(query, ...bindings);
  }
}

function* stamped(rows: readonly Record<string, SqlValue>[], large?: LargeReader): Generator<StampedEvent> {
  for (const row of rows) {
    let seq = Number(row.seq);
    for (const fact of parse<StampedEvent[]>(row.events))
      yield { ...(large?.join(fact) ?? fact), seq: seq++, at: Number(row.at) };
  }
}
