import type { WebhookAnswer } from "../../contracts/webhook-delivery.ts";
import type { DeliveryPage, DeliveryQuery, WebhookAttempt, WebhookDelivery } from "../../contracts/webhooks-rpc.ts";
import type { SqlValue } from "../sqlite-migrations.ts";
import type { ObjectSql, Row } from "../object-sql.ts";
import type { Message } from "./message.ts";
import { withoutQuery } from "./without-query.ts";

/** `held`: in an ordered endpoint, behind another of its execution. Readers see it as pending. */
type DeliveryState = "pending" | "held" | "delivered" | "failed";

interface FinishedSince {
  found: number[];
  next: number | null;
}

/** A delivery as the deliverer needs it. */
export interface OpenDelivery {
  seq: number;
  id: string;
  target: string;
  /** Null: a callback, to `url`. */
  endpoint: string | null;
  url: string | null;
  execution: string | null;
  attempts: number;
  /** Attempts that a round has: a resend begins another. */
  most: number;
  webhookId: string;
  kind: Message["kind"];
  body: string;
}

export interface NewDelivery {
  id: string;
  message: number;
  target: string;
  endpoint: string | null;
  url: string | null;
  execution: string | null;
  type: string;
  state: DeliveryState;
  reason: string | null;
  most: number;
  now: number;
}

const OPEN = `SELECT d.seq, d.id, d.target, d.endpoint, d.url, d.execution, d.attempts, d.most,
  m.webhook_id, m.kind, m.body FROM deliveries AS d JOIN messages AS m ON m.seq = d.message`;
const SHOWN = `SELECT d.seq, d.id, d.endpoint, coalesce(d.url, e.url, '') AS url, d.type, d.execution, d.state, d.reason,
  d.attempts, d.due, d.created_at, d.finished_at, m.webhook_id
  FROM deliveries AS d JOIN messages AS m ON m.seq = d.message LEFT JOIN endpoints AS e ON e.id = d.endpoint`;

/** SQL of messages, their deliveries, and the attempts of these. */
export class DeliveryTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** Undefined when it is here already. */
  insertMessage({ kind, webhookId, type, execution, event, body }: Message): number | undefined {
    const rows = this.#sql.write(
      `INSERT OR IGNORE INTO messages (kind, webhook_id, execution, event, type, bytes, body)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
      kind,
      webhookId,
      execution,
      event,
      type,
      body.length,
      body,
    );
    return rows[0] && Number(rows[0].seq);
  }

  insert({ id, message, target, endpoint, url, execution, type, state, reason, most, now }: NewDelivery): number {
    const [row] = this.#sql.write(
      `INSERT INTO deliveries (id, message, target, endpoint, url, execution, type, state, reason, tries, attempts, most, due,
         created_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?) RETURNING seq`,
      id,
      message,
      target,
      endpoint,
      url,
      execution,
      type,
      state,
      reason,
      most,
      state === "pending" ? now : null,
      now,
      state === "failed" ? now : null,
    );
    return Number(row?.seq);
  }

  /** Targets with something to deliver, each with the time when its first is due. */
  targets(): { target: string; due: number }[] {
    const found: { target: string; due: number }[] = [];
    for (let after = ""; ; ) {
      const [row] = this.#sql.read(
        "SELECT target, due FROM deliveries WHERE due IS NOT NULL AND target > ? ORDER BY target, due LIMIT 1",
        after,
      );
      if (row === undefined) return found;
      after = String(row.target);
      found.push({ target: after, due: Number(row.due) });
    }
  }

  due(target: string, now: number, atMost: number): number[] {
    const query =
      "SELECT seq FROM deliveries WHERE due IS NOT NULL AND target = ? AND due <= ? ORDER BY due, seq LIMIT ?";
    return this.#sql.read(query, target, now, atMost).map(({ seq }) => Number(seq));
  }

  open(seq: number): OpenDelivery | undefined {
    return this.#sql.read(`${OPEN} WHERE d.seq = ?`, seq).map(openDeliveryOf)[0];
  }

  /** Where a delivery is by now; undefined when it is no longer here. */
  standing(seq: number): { state: DeliveryState; tries: number } | undefined {
    const row = this.#sql.read("SELECT state, tries FROM deliveries WHERE seq = ?", seq)[0];
    return row && { state: String(row.state) as DeliveryState, tries: Number(row.tries) };
  }

  /** Whether something of this execution is on its way there, or waits to be. */
  hasOpen(target: string, execution: string): boolean {
    const query = "SELECT 1 FROM deliveries WHERE finished_at IS NULL AND target = ? AND execution = ? LIMIT 1";
    return this.#sql.read(query, target, execution).length > 0;
  }

  /** Whether it was to have a later event of this execution. */
  hasLater(target: string, execution: string, event: number): boolean {
    const query = `SELECT 1 FROM messages AS m JOIN deliveries AS d ON d.message = m.seq
      WHERE m.execution = ? AND m.event > ? AND d.target = ? LIMIT 1`;
    return this.#sql.read(query, execution, event, target).length > 0;
  }

  countOpen(target: string): number {
    const query = "SELECT count(*) AS n FROM deliveries WHERE finished_at IS NULL AND target = ?";
    return Number(this.#sql.read(query, target)[0]?.n ?? 0);
  }

  addAttempt(seq: number, number: number, at: number, url: string, answer: WebhookAnswer): void {
    const record = JSON.stringify({ number, at, url: withoutQuery(url), ...answer } satisfies WebhookAttempt);
    this.#sql.write("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)", seq, number, record);
    const counted = "UPDATE deliveries SET attempts = ?, tries = tries + 1, bytes = bytes + ? WHERE seq = ?";
    this.#sql.write(counted, number, record.length, seq);
  }

  retry(seq: number, due: number): void {
    this.#sql.write("UPDATE deliveries SET due = ? WHERE seq = ?", due, seq);
  }

  finish(seq: number, state: "delivered" | "failed", reason: string | null, now: number): void {
    this.#sql.write(
      "UPDATE deliveries SET state = ?, reason = ?, due = NULL, finished_at = ? WHERE seq = ?",
      state,
      reason,
      now,
      seq,
    );
  }

  /** Everything that is still open there is given up. */
  giveUp(target: string, reason: string, now: number): void {
    this.#sql.write(
      `UPDATE deliveries SET state = 'failed', reason = ?, due = NULL, finished_at = ?
       WHERE finished_at IS NULL AND target = ?`,
      reason,
      now,
      target,
    );
  }

  /** The next of an execution, when nothing of it is on its way any more. */
  releaseNext(target: string, execution: string, now: number): void {
    this.#sql.write(
      `UPDATE deliveries SET state = 'pending', due = ? WHERE seq = (
         SELECT seq FROM deliveries WHERE finished_at IS NULL AND target = ? AND execution = ? ORDER BY seq LIMIT 1)
       AND state = 'held'`,
      now,
      target,
      execution,
    );
  }

  /** Order is asked for no more. */
  releaseAll(target: string, now: number): void {
    this.#sql.write(
      "UPDATE deliveries SET state = 'pending', due = ? WHERE finished_at IS NULL AND target = ? AND state = 'held'",
      now,
      target,
    );
  }

  /** Another round of attempts. False for one that is still in its round, or not here. */
  reopen(seq: number, state: "pending" | "held", now: number): boolean {
    const statement = `UPDATE deliveries SET state = ?, reason = NULL, tries = 0, due = ?, finished_at = NULL
      WHERE seq = ? AND finished_at IS NOT NULL RETURNING 1`;
    return this.#sql.change(statement, state, state === "pending" ? now : null, seq).length > 0;
  }

  /**
   * Finished ones of an endpoint since then, the oldest first, and from when on there are more. What was made in one millisecond is not
   * parted: it may be a few more than `most`.
   */
  finishedSince(endpoint: string, since: number, onlyFailed: boolean, most: number): FinishedSince {
    const query = `SELECT d.seq, d.created_at FROM deliveries AS d JOIN messages AS m ON m.seq = d.message
      WHERE d.endpoint = ? AND d.created_at BETWEEN ? AND ? AND d.finished_at IS NOT NULL AND m.kind <> 'test'
      ${onlyFailed ? "AND d.state = 'failed'" : ""} ORDER BY d.created_at, d.seq LIMIT ?`;
    const read = (from: number, to: number, limit: number) =>
      this.#sql
        .read(query, endpoint, from, to, limit)
        .map(({ seq, created_at }) => ({ seq: Number(seq), at: Number(created_at) }));
    const rows = read(since, Number.MAX_SAFE_INTEGER, most + 1);
    const next = rows[most]?.at;
    if (next === undefined) return { found: rows.map(({ seq }) => seq), next: null };
    const before = rows.filter(({ at }) => at < next);
    if (before.length > 0) return { found: before.map(({ seq }) => seq), next };
    return { found: read(next, next, Number.MAX_SAFE_INTEGER).map(({ seq }) => seq), next: next + 1 };
  }

  seqOf(id: string): number | undefined {
    const row = this.#sql.read("SELECT seq FROM deliveries WHERE id = ?", id)[0];
    return row && Number(row.seq);
  }

  shown(seq: number): WebhookDelivery | undefined {
    return this.#sql.read(`${SHOWN} WHERE d.seq = ?`, seq).map(deliveryOf)[0];
  }

  body(seq: number): string {
    const query = "SELECT m.body FROM deliveries AS d JOIN messages AS m ON m.seq = d.message WHERE d.seq = ?";
    return String(this.#sql.read(query, seq)[0]?.body ?? "");
  }

  attempts(seq: number): WebhookAttempt[] {
    return this.#sql
      .read("SELECT record FROM attempts WHERE delivery = ? ORDER BY number", seq)
      .map(({ record }) => JSON.parse(String(record)) as WebhookAttempt);
  }

  /** The newest first. */
  page({ endpointId, executionId, status, eventType, before, limit }: DeliveryQuery): DeliveryPage {
    const conditions: string[] = [];
    const bindings: SqlValue[] = [];
    const where = (condition: string, ...values: SqlValue[]): void => {
      conditions.push(condition);
      bindings.push(...values);
    };
    if (endpointId !== undefined) where("d.endpoint = ?", endpointId);
    if (executionId !== undefined) where("d.execution = ?", executionId);
    if (status === "pending") where("d.finished_at IS NULL");
    else if (status !== undefined) where("d.state = ?", status);
    if (eventType !== undefined) where("d.type = ?", eventType);
    if (before !== undefined) where("d.seq < ?", before);
    const filter = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    const rows = this.#sql.read(`${SHOWN} ${filter} ORDER BY d.seq DESC LIMIT ?`, ...bindings, limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { deliveries: page.map(deliveryOf), next: last === undefined ? null : Number(last.seq) };
  }

  /** Stored characters of messages and attempts, and how many deliveries are finished. */
  size(): { bytes: number; finished: number } {
    const row = this.#sql.read(
      `SELECT (SELECT coalesce(sum(bytes), 0) FROM messages) + (SELECT coalesce(sum(bytes), 0) FROM deliveries) AS bytes,
         (SELECT count(*) FROM deliveries WHERE finished_at IS NOT NULL) AS finished`,
    )[0];
    return { bytes: Number(row?.bytes ?? 0), finished: Number(row?.finished ?? 0) };
  }

  /** Deletes finished ones that ended before `before`, the oldest first. Answers how many. */
  prune(before: number, atMost: number): number {
    const gone = this.#sql.change(
      `DELETE FROM deliveries WHERE seq IN (
         SELECT seq FROM deliveries WHERE finished_at IS NOT NULL AND finished_at < ? ORDER BY finished_at LIMIT ?)
       RETURNING seq, message`,
      before,
      atMost,
    );
    for (const { seq, message } of gone) {
      this.#sql.write("DELETE FROM attempts WHERE delivery = ?", seq ?? null);
      this.#sql.write(
        "DELETE FROM messages WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = ?)",
        message ?? null,
        message ?? null,
      );
    }
    return gone.length;
  }

  /** Deletes all that was to be sent of these executions, sent or not; answers how many rows that was. */
  forget(executions: readonly string[]): number {
    const gone = this.of(executions);
    const ids = JSON.stringify(executions);
    const of = "execution IN (SELECT value FROM json_each(?))";
    this.#sql.change(`DELETE FROM attempts WHERE delivery IN (SELECT seq FROM deliveries WHERE ${of})`, ids);
    this.#sql.change(`DELETE FROM deliveries WHERE ${of}`, ids);
    this.#sql.change(`DELETE FROM messages WHERE ${of}`, ids);
    return gone;
  }

  /** How many rows there are of these executions. */
  of(executions: readonly string[]): number {
    const ids = JSON.stringify(executions);
    const of = "execution IN (SELECT value FROM json_each(?1))";
    const counts = `SELECT (SELECT count(*) FROM attempts WHERE delivery IN (SELECT seq FROM deliveries WHERE ${of}))
      + (SELECT count(*) FROM deliveries WHERE ${of}) + (SELECT count(*) FROM messages WHERE ${of}) AS n`;
    return Number(this.#sql.read(counts, ids)[0]?.n ?? 0);
  }

  oldestFinished(): number | null {
    const at = this.#sql.read("SELECT min(finished_at) AS at FROM deliveries WHERE finished_at IS NOT NULL")[0]?.at;
    return at === null || at === undefined ? null : Number(at);
  }
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function openDeliveryOf(row: Row): OpenDelivery {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    target: String(row.target),
    endpoint: textOrNull(row.endpoint),
    url: textOrNull(row.url),
    execution: textOrNull(row.execution),
    attempts: Number(row.attempts),
    most: Number(row.most),
    webhookId: String(row.webhook_id),
    kind: String(row.kind) as Message["kind"],
    body: String(row.body),
  };
}

function deliveryOf(row: Row): WebhookDelivery {
  const state = String(row.state) as DeliveryState;
  return {
    id: String(row.id),
    webhookId: String(row.webhook_id),
    endpointId: textOrNull(row.endpoint),
    url: withoutQuery(String(row.url)),
    eventType: String(row.type),
    executionId: textOrNull(row.execution),
    status: state === "held" ? "pending" : state,
    reason: textOrNull(row.reason),
    attempts: Number(row.attempts),
    nextAttemptAt: numberOrNull(row.due),
    createdAt: Number(row.created_at),
    finishedAt: numberOrNull(row.finished_at),
  };
}
