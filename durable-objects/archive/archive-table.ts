import type { EngineEvent } from "../../engine/run/types.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import type { ArchiveLine, Row } from "./archive-file.ts";
import type { StoredHead } from "../coordinator/execution-head.ts";
import { LargeTable } from "./large-table.ts";
import { numberOrNull, parse, text } from "../coordinator/stored-values.ts";

/** Rows of a log that are packed at a time. */
const ROWS = 64;

/** Of the tables that an archived execution comes back to: names out of a file are put into no SQL but for these. */
export const COLUMNS = {
  executions: [
    "id",
    "plan",
    "head",
    "status",
    "created_at",
    "finished_at",
    "change",
    "projection",
    "asleep",
    "due",
    "parent",
    "fed",
    "metered",
  ],
  log: ["execution", "seq", "at", "events"],
  links: ["execution", "seq", "hash"],
  large_outputs: ["execution", "sha256", "bytes", "kept"],
} as const;

/** An execution as the archive looks at it. */
export interface Candidate {
  id: string;
  change: number;
  finishedAt: number | null;
  parent: string | null;
  /** Characters of its head: keys of acts come to it after the end, and change nothing else. */
  headChars: number;
}

/** An execution that came back from the archive: `change` is that of its row when it came. */
export interface Returned {
  id: string;
  change: number;
  at: number;
  /** All of it; else only texts of its large outputs. */
  whole: boolean;
}

/** SQL of what leaves the cell for the archive, and comes back. */
export class ArchiveTable {
  readonly #storage: CellStorage;

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  /** Executions whose last change came after `after` and not after `upTo`, oldest first. */
  changed(after: number, upTo: number, limit: number): Candidate[] {
    const statement =
      "SELECT id, change, finished_at, parent, length(head) AS chars FROM executions WHERE change > ? AND change <= ? ORDER BY change LIMIT ?";
    return this.#storage.read(statement, after, upTo, limit).map(candidate);
  }

  find(id: string): Candidate | undefined {
    const row = this.#storage.read(
      "SELECT id, change, finished_at, parent, length(head) AS chars FROM executions WHERE id = ?",
      id,
    )[0];
    return row && candidate(row);
  }

  /** Executions that steps of this one started, as its log names them. */
  children(id: string): string[] {
    const statement = `SELECT events FROM log WHERE execution = ? AND events LIKE '%"step.linked"%' ORDER BY seq`;
    return this.#storage
      .read(statement, id)
      .flatMap((row) => parse<EngineEvent[]>(row.events))
      .flatMap((event) => (event.type === "step.linked" ? [event.execution_id] : []));
  }

  /** All that is stored of an execution, row by row. */
  *lines(id: string): Generator<ArchiveLine> {
    const [row] = this.#storage.read("SELECT * FROM executions WHERE id = ?", id);
    if (!row) throw new Error(`execution ${id} is not here`);
    for (const digest of plansOf(row)) {
      const [plan] = this.#storage.read("SELECT source FROM plans WHERE digest = ?", digest);
      if (plan) yield { plan: digest, source: text(plan.source) };
    }
    yield { row };
    for (let after = 0; ; ) {
      const statement = "SELECT * FROM log WHERE execution = ? AND seq > ? ORDER BY seq LIMIT ?";
      const rows = this.#storage.read(statement, id, after, ROWS);
      for (const log of rows) yield { log };
      if (rows.length < ROWS) break;
      after = Number(rows.at(-1)?.seq);
    }
    for (const link of this.#storage.read("SELECT * FROM links WHERE execution = ? ORDER BY seq", id)) yield { link };
    for (const large of this.#storage.read("SELECT * FROM large_outputs WHERE execution = ?", id)) yield { large };
  }

  /** Takes what is stored of an execution away. Its plans may be those of others. */
  remove(id: string): void {
    this.#storage.write("DELETE FROM log WHERE execution = ?", id);
    this.#storage.write("DELETE FROM links WHERE execution = ?", id);
    this.#storage.write("DELETE FROM task_revealed WHERE execution = ?", id);
    new LargeTable(this.#storage).remove(id);
    this.#storage.write("DELETE FROM executions WHERE id = ?", id);
    this.#storage.write("DELETE FROM returned WHERE execution = ?", id);
  }

  /** Puts a line of an execution back, but for its row, which says that all of it is there (`restoreRow`). */
  restore(line: Exclude<ArchiveLine, { row: Row }>, execution: string): void {
    if ("plan" in line) this.#storage.putPlan(line.plan, line.source);
    else if ("log" in line) this.#insert("log", line.log, execution);
    else if ("link" in line) this.#insert("links", line.link, execution);
    else this.#insert("large_outputs", line.large, execution);
  }

  /** With it, the execution is here, for a while; `bytes`: of what was put back of it. */
  restoreRow(execution: string, row: Row, now: number, bytes: number): void {
    this.#insert("executions", row, execution);
    this.putReturned({ id: execution, change: Number(row.change), at: now, whole: true }, bytes);
  }

  /** Takes away what was put back of one whose row is not here. */
  forgetRestored(execution: string): void {
    for (const table of ["log", "links", "large_outputs"])
      this.#storage.write(`DELETE FROM ${table} WHERE execution = ?`, execution);
  }

  /** A guest: `whole`, or only the texts of its large outputs. It stays one from when it came, unless it changed meanwhile. */
  putReturned({ id, change, at, whole }: Returned, bytes: number): void {
    const statement = `INSERT INTO returned (execution, change, at, whole, bytes) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (execution) DO UPDATE SET
        bytes = excluded.bytes + iif(change = excluded.change, bytes, 0), at = iif(change = excluded.change, at, excluded.at),
        whole = iif(change = excluded.change, whole, excluded.whole), change = excluded.change`;
    this.#storage.write(statement, id, change, at, whole ? 1 : 0, bytes);
  }

  /** One that went on since it came back is none: it is archived like any other. */
  isGuest({ id, change }: Pick<Candidate, "id" | "change">): boolean {
    const statement = "SELECT 1 FROM returned WHERE execution = ? AND change = ? AND whole = 1";
    return this.#storage.read(statement, id, change).length > 0;
  }

  /** Those that came up to `before`, the longest ago first. */
  returnedBefore(before: number, limit: number): Returned[] {
    const statement = "SELECT execution, change, at, whole FROM returned WHERE at <= ? ORDER BY at LIMIT ?";
    return this.#storage.read(statement, before, limit).map(returned);
  }

  /** How many guests there are, and what was put back of them. */
  guests(): { count: number; bytes: number } {
    const [row] = this.#storage.read("SELECT count(*) AS n, sum(bytes) AS bytes FROM returned");
    return { count: Number(row?.n ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  /** It is no guest any more. */
  forgetReturned(id: string): void {
    this.#storage.write("DELETE FROM returned WHERE execution = ?", id);
  }

  /** Digests of the plans that an execution was lived with. */
  plansOf(id: string): string[] {
    const [row] = this.#storage.read("SELECT plan, head FROM executions WHERE id = ?", id);
    return row ? plansOf(row) : [];
  }

  /** Takes away those of these plans that no execution here has; answers them with their sources. Looks at every execution once. */
  removeUnusedPlans(digests: readonly string[]): { digest: string; source: string }[] {
    const statement = `DELETE FROM plans WHERE digest IN (SELECT value FROM json_each(?)) AND digest NOT IN (
        SELECT plan FROM executions UNION
        SELECT json_extract(epoch.value, '$.plan') FROM executions, json_each(executions.head, '$.epochs') AS epoch
          WHERE instr(executions.head, '"epochs"') > 0
      ) RETURNING digest, source`;
    return this.#storage
      .write(statement, JSON.stringify(digests))
      .map((row) => ({ digest: text(row.digest), source: text(row.source) }));
  }

  /** Plans that executions left behind which are in the archive now. */
  leftPlans(limit: number): string[] {
    return this.#storage.read("SELECT digest FROM left_plans LIMIT ?", limit).map((row) => text(row.digest));
  }

  putLeftPlan(digest: string): void {
    this.#storage.write("INSERT OR IGNORE INTO left_plans VALUES (?)", digest);
  }

  forgetLeftPlans(digests: readonly string[]): void {
    this.#storage.write(
      "DELETE FROM left_plans WHERE digest IN (SELECT value FROM json_each(?))",
      JSON.stringify(digests),
    );
  }

  /** What a killed fetch has put there already is the same. */
  #insert(table: keyof typeof COLUMNS, row: Row, execution: string): void {
    const columns = Object.keys(row);
    const known: readonly string[] = COLUMNS[table];
    const unknown = columns.find((column) => !known.includes(column));
    if (unknown !== undefined) throw new Error(`it has a column that ${table} has not`);
    if (row[table === "executions" ? "id" : "execution"] !== execution) throw new Error("it is another execution");
    const statement = `INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
    this.#storage.write(statement, ...Object.values(row));
  }
}

function plansOf(row: Row): string[] {
  const { epochs = [] } = parse<Pick<StoredHead, "epochs">>(row.head);
  return [...new Set([text(row.plan), ...epochs.map(({ plan }) => plan)])];
}

function candidate(row: Row): Candidate {
  return {
    id: text(row.id),
    change: Number(row.change),
    finishedAt: numberOrNull(row.finished_at),
    parent: row.parent === null || row.parent === undefined ? null : text(row.parent),
    headChars: Number(row.chars),
  };
}

function returned(row: Row): Returned {
  return { id: text(row.execution), change: Number(row.change), at: Number(row.at), whole: Number(row.whole) === 1 };
}
