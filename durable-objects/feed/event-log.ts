import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { FeedItem } from "../../contracts/feed-rpc.ts";
import type { FeedPage, FeedRead } from "../../contracts/webhooks-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { Facts } from "./facts.ts";
import { passes } from "./reader-sockets.ts";
import { SKEW_MS } from "./skew.ts";

const KEEP_MS = 86_400_000;
const MOST_EVENTS = 100_000;
const MOST_BYTES = 268_435_456;
/** Without a reader for so long, the log is no longer written. */
const IDLE_MS = 3_600_000;
/** How much of that must have passed before a reader is noted again: a row is not written for every read. */
const NOTED_MS = 600_000;
/** One page: read this far, answer this much. */
const SCANNED = 500;
const PAGE_BYTES = 1_000_000;
const WANTED_UNTIL = "log_until";
/** When a reader came after a time in which nobody read: nothing older is kept. */
const WANTED_FROM = "log_from";
/** Everything after this position has been kept. */
const FLOOR = "log_floor";

/**
 * The tenant's events in the order of their arrival, for `GET /events/stream`: kept while somebody reads, for a day at most. A
 * position names a place in it; after a break in which nobody read, older positions are told that there is a gap.
 */
export class EventLog {
  readonly #sql: ObjectSql;
  readonly #facts: Facts;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
    this.#facts = new Facts(sql);
  }

  wanted(now: number): boolean {
    return this.wantedUntil() > now;
  }

  wantedUntil(): number {
    return this.#facts.number(WANTED_UNTIL);
  }

  /** Somebody reads: what comes from now on is kept. */
  want(now: number): void {
    const until = this.wantedUntil();
    if (until - now > IDLE_MS - NOTED_MS) return;
    // Whatever came in between is in no row: a position of before must not pass for one of now.
    if (until <= now) {
      this.#facts.put(FLOOR, this.#skipPosition());
      this.#facts.put(WANTED_FROM, now);
    }
    this.#facts.put(WANTED_UNTIL, now + IDLE_MS);
  }

  /** Answers its position; undefined for a repeat, and for what is older than the log: a cell tells that too. */
  add({ executionId }: FeedItem, event: ExecutionEvent, now: number): number | undefined {
    if (Date.parse(event.timestamp) < this.#facts.number(WANTED_FROM) - SKEW_MS) return undefined;
    const body = JSON.stringify(event);
    const statement = `INSERT OR IGNORE INTO log (execution, event, type, workflow, at, bytes, body)
      VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING seq`;
    const { id, type, workflow_id } = event;
    const [row] = this.#sql.write(statement, executionId, id, type, workflow_id, now, body.length, body);
    return row && Number(row.seq);
  }

  /** The position of the newest event. */
  last(): number {
    const newest = Number(this.#sql.read("SELECT max(seq) AS seq FROM log")[0]?.seq ?? 0);
    return Math.max(newest, this.#floor());
  }

  read({ after, limit, ...filter }: FeedRead): FeedPage {
    const floor = this.#floor();
    // A position that is not there yet was never given: from here on, rather than nothing for long.
    const from = Math.min(after, this.last());
    const page: FeedPage = {
      events: [],
      position: Math.max(from, floor),
      gap: after < floor || from < after,
      more: false,
    };
    const rows = this.#sql.read(
      "SELECT seq, execution, type, workflow, bytes FROM log WHERE seq > ? ORDER BY seq LIMIT ?",
      page.position,
      SCANNED,
    );
    let bytes = 0;
    for (const row of rows) {
      const about = { type: String(row.type), workflow: String(row.workflow), executionId: String(row.execution) };
      if (passes(filter, about)) {
        bytes += Number(row.bytes);
        if (page.events.length >= limit || (bytes > PAGE_BYTES && page.events.length > 0)) {
          page.more = true;
          return page;
        }
        page.events.push({ position: Number(row.seq), event: this.#event(Number(row.seq)) });
      }
      page.position = Number(row.seq);
    }
    page.more = rows.length === SCANNED;
    return page;
  }

  /** How many events there are of these executions. */
  of(executions: readonly string[]): number {
    const query = "SELECT count(*) AS n FROM log WHERE execution IN (SELECT value FROM json_each(?))";
    return Number(this.#sql.read(query, JSON.stringify(executions))[0]?.n ?? 0);
  }

  /** Deletes the events of these executions; answers how many. */
  forget(executions: readonly string[]): number {
    const ids = JSON.stringify(executions);
    const gone = this.of(executions);
    this.#sql.change("DELETE FROM log WHERE execution IN (SELECT value FROM json_each(?))", ids);
    return gone;
  }

  /** Old events go, and everything once nobody reads any more. */
  prune(now: number): void {
    const until = this.wantedUntil();
    if (until === 0) return;
    if (until <= now) return this.#end();
    const before = now - KEEP_MS;
    const tooMany = this.#tooMany();
    const [row] = this.#sql.read("SELECT max(seq) AS seq FROM log WHERE at <= ? OR seq <= ?", before, tooMany);
    const last = Number(row?.seq ?? 0);
    if (last === 0) return;
    this.#sql.write("DELETE FROM log WHERE seq <= ?", last);
    this.#facts.put(FLOOR, Math.max(last, this.#floor()));
  }

  #end(): void {
    this.#facts.put(FLOOR, this.#skipPosition());
    this.#facts.delete(WANTED_UNTIL);
  }

  /** The newest position that must go for the log to keep within its bounds; 0: none. */
  #tooMany(): number {
    const [size] = this.#sql.read("SELECT count(*) AS n, coalesce(sum(bytes), 0) AS bytes FROM log");
    const events = Number(size?.n ?? 0);
    const bytes = Number(size?.bytes ?? 0);
    const share = Math.max(events / MOST_EVENTS, bytes / MOST_BYTES);
    if (share <= 1) return 0;
    const surplus = Math.ceil(events * (1 - 1 / share));
    const [row] = this.#sql.read("SELECT seq FROM log ORDER BY seq LIMIT 1 OFFSET ?", surplus - 1);
    return Number(row?.seq ?? 0);
  }

  #event(seq: number): ExecutionEvent {
    return JSON.parse(String(this.#sql.read("SELECT body FROM log WHERE seq = ?", seq)[0]?.body)) as ExecutionEvent;
  }

  /** When something of it has to go. */
  dues(now: number): number[] {
    const until = this.wantedUntil();
    if (until === 0) return [];
    // While there are readers, it is prolonged well before.
    const look = until - NOTED_MS > now ? until - NOTED_MS : until;
    const oldest = this.#sql.read("SELECT min(at) AS at FROM log")[0]?.at;
    return typeof oldest === "number" ? [Math.min(look, oldest + KEEP_MS)] : [look];
  }

  /** Takes a position that no event will have. */
  #skipPosition(): number {
    const [row] = this.#sql.write(
      "INSERT INTO log (execution, event, type, workflow, at, bytes, body) VALUES ('', 0, '', '', 0, 0, '') RETURNING seq",
    );
    const seq = Number(row?.seq ?? 0);
    this.#sql.write("DELETE FROM log WHERE seq <= ?", seq);
    return seq;
  }

  #floor(): number {
    return this.#facts.number(FLOOR);
  }
}
