import type {
  CampaignItem,
  CampaignItemState,
  CampaignOutcome,
  CampaignStatus,
  CampaignSteering,
  CampaignView,
  NewCampaign,
} from "../../contracts/campaigns-rpc.ts";
import type { ObjectSql, Row } from "../object-sql.ts";

type Spec = Pick<CampaignView, "order" | "filter" | "atOnce">;

const COLUMNS = "id, spec, body_hash, status, created_at, finished_at, total, done, refused";
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** All SQL of campaigns: what they are, and what has become of each execution. */
export class CampaignTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  insert({ order, filter, atOnce, bodyHash, executionIds }: NewCampaign, now: number): void {
    const spec: Spec = { order, filter, atOnce };
    const total = executionIds.length;
    const [status, finishedAt] = total === 0 ? ["completed", now] : ["running", null];
    this.#sql.atomically(() => {
      this.#sql.write(
        "INSERT INTO campaigns (id, spec, body_hash, status, created_at, finished_at, total) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[order.id, JSON.stringify(spec), bodyHash, String(status), now, finishedAt ?? null, total],
      );
      for (const [position, id] of executionIds.entries())
        this.#sql.write("INSERT INTO items (campaign, position, execution) VALUES (?, ?, ?)", order.id, position, id);
    });
  }

  get(id: string): (CampaignView & { bodyHash: string }) | undefined {
    const row = this.#sql.read(`SELECT ${COLUMNS} FROM campaigns WHERE id = ?`, id)[0];
    return row && viewOf(row);
  }

  list(limit: number): CampaignView[] {
    const query = `SELECT ${COLUMNS} FROM campaigns ORDER BY created_at DESC, id LIMIT ?`;
    return this.#sql.read(query, limit).map(viewOf);
  }

  unfinished(): number {
    const query = "SELECT count(*) AS n FROM campaigns WHERE status IN ('running', 'paused')";
    return Number(this.#sql.read(query)[0]?.n ?? 0);
  }

  /** Those that have something due, the one that waited longest first. */
  nextRunning(now: number): CampaignView | undefined {
    const due = "EXISTS (SELECT 1 FROM items WHERE campaign = campaigns.id AND state = 'pending' AND due <= ?)";
    const query = `SELECT ${COLUMNS} FROM campaigns WHERE status = 'running' AND ${due} ORDER BY stepped_at, id LIMIT 1`;
    const row = this.#sql.read(query, now)[0];
    return row && viewOf(row);
  }

  /** When something of what runs is due next; undefined: nothing runs. */
  nextDue(): number | undefined {
    const query = `SELECT min(due) AS due FROM items JOIN campaigns ON campaigns.id = items.campaign
      WHERE items.state = 'pending' AND campaigns.status = 'running'`;
    const due = this.#sql.read(query)[0]?.due;
    return due === null || due === undefined ? undefined : Number(due);
  }

  due(id: string, now: number, limit: number): { position: number; executionId: string }[] {
    const query = `SELECT position, execution FROM items WHERE campaign = ? AND state = 'pending' AND due <= ?
      ORDER BY due, position LIMIT ?`;
    return this.#sql
      .read(query, id, now, limit)
      .map((row) => ({ position: Number(row.position), executionId: String(row.execution) }));
  }

  items(id: string, state: CampaignItemState | undefined, after: number, limit: number): CampaignItem[] {
    const where = state === undefined ? "" : "AND state = ?";
    const query = `SELECT position, execution, state, tries, code, message, at FROM items
      WHERE campaign = ? AND position > ? ${where} ORDER BY position LIMIT ?`;
    return this.#sql.read(query, id, after, ...(state === undefined ? [] : [state]), limit).map(itemOf);
  }

  /** What came of some of its executions; with the last of them it is complete. */
  settle(id: string, outcomes: readonly { position: number; outcome: CampaignOutcome }[], now: number): void {
    this.#sql.atomically(() => {
      const ended = { done: 0, refused: 0 };
      for (const { position, outcome } of outcomes) {
        const changed = this.#settleOne(id, position, outcome, now);
        if (changed && outcome.kind !== "later") ended[outcome.kind] += 1;
      }
      const counts = "UPDATE campaigns SET stepped_at = ?, done = done + ?, refused = refused + ? WHERE id = ?";
      this.#sql.write(counts, now, ended.done, ended.refused, id);
      this.#sql.write(
        "UPDATE campaigns SET status = 'completed', finished_at = ? WHERE id = ? AND status <> 'stopped' AND done + refused = total",
        now,
        id,
      );
    });
  }

  #settleOne(id: string, position: number, outcome: CampaignOutcome, now: number): boolean {
    // Stopped while it was asked: what was done was done. What was not is left alone.
    const where = "WHERE campaign = ? AND position = ? AND state IN ('pending', 'stopped') RETURNING position";
    if (outcome.kind === "done") {
      const query = `UPDATE items SET state = 'done', tries = tries + 1, code = NULL, message = NULL, at = ? ${where}`;
      return this.#sql.write(query, now, id, position).length > 0;
    }
    const { code, message } = outcome;
    const text = message.slice(0, 1_000);
    if (outcome.kind === "refused") {
      const query = `UPDATE items SET state = 'refused', tries = tries + 1, code = ?, message = ?, at = ? ${where}`;
      return this.#sql.write(query, code, text, now, id, position).length > 0;
    }
    const tries = Number(
      this.#sql.read("SELECT tries FROM items WHERE campaign = ? AND position = ?", id, position)[0]?.tries ?? 0,
    );
    const delay = Math.max(outcome.retryAfterMs ?? 0, Math.min(FIRST_DELAY_MS * 2 ** tries, LONGEST_DELAY_MS));
    const query = `UPDATE items SET due = ?, tries = tries + 1, code = ?, message = ?, at = ? ${where}`;
    return this.#sql.write(query, now + delay, code, text, now, id, position).length > 0;
  }

  /** What was asked with this key. */
  steeredBy(id: string, key: string): string | undefined {
    const how = this.#sql.read("SELECT how FROM steerings WHERE campaign = ? AND key = ?", id, key)[0]?.how;
    return how === undefined ? undefined : String(how);
  }

  steerings(id: string): number {
    return Number(this.#sql.read("SELECT count(*) AS n FROM steerings WHERE campaign = ?", id)[0]?.n ?? 0);
  }

  /** Its status, where that changes, and the key of who asked. */
  steer(
    id: string,
    status: CampaignStatus | undefined,
    asked: { key: string; how: CampaignSteering } | undefined,
    now: number,
  ): void {
    this.#sql.atomically(() => {
      if (asked) this.#sql.write("INSERT INTO steerings VALUES (?, ?, ?)", id, asked.key, asked.how);
      if (status === undefined) return;
      if (status === "stopped") {
        this.#sql.write("UPDATE items SET state = 'stopped' WHERE campaign = ? AND state = 'pending'", id);
        this.#sql.write("UPDATE campaigns SET finished_at = ? WHERE id = ?", now, id);
      }
      this.#sql.write("UPDATE campaigns SET status = ? WHERE id = ?", status, id);
    });
  }

  forgetFinished(before: number): void {
    this.#sql.atomically(() => {
      this.#sql.write("DELETE FROM items WHERE campaign IN (SELECT id FROM campaigns WHERE finished_at < ?)", before);
      const old = "campaign IN (SELECT id FROM campaigns WHERE finished_at < ?)";
      this.#sql.write(`DELETE FROM steerings WHERE ${old}`, before);
      this.#sql.write("DELETE FROM campaigns WHERE finished_at < ?", before);
    });
  }
}

/** What was written by `insert`. */
function viewOf(row: Row): CampaignView & { bodyHash: string } {
  const spec = JSON.parse(String(row.spec)) as Spec;
  return {
    ...spec,
    bodyHash: String(row.body_hash),
    status: String(row.status) as CampaignStatus,
    createdAt: Number(row.created_at),
    finishedAt: row.finished_at === null ? null : Number(row.finished_at),
    total: Number(row.total),
    done: Number(row.done),
    refused: Number(row.refused),
  };
}

function itemOf({ position, execution, state, tries, code, message, at }: Row): CampaignItem {
  return {
    position: Number(position),
    executionId: String(execution),
    state: String(state) as CampaignItemState,
    tries: Number(tries),
    code: code === null ? null : String(code),
    message: message === null ? null : String(message),
    at: at === null ? null : Number(at),
  };
}
