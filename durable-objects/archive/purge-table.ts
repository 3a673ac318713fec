import type { Purged } from "../../contracts/purged.ts";
import type { CellStorage } from "../coordinator/cell-storage.ts";
import { KEPT_MS } from "../coordinator/idempotent-starts.ts";
import { numberOrNull, parse, text } from "../coordinator/stored-values.ts";

/** Whatever is stored of an execution beside its Idempotency-Key. */
const TABLES = [
  "executions",
  "log",
  "links",
  "large_outputs",
  "large_parts",
  "task_revealed",
  "returned",
  "held_by_budget",
  "start_queue",
] as const;
const idOf = (table: (typeof TABLES)[number]) => (table === "executions" ? "id" : "execution");

/** SQL of purges: an execution that was purged is remembered for a while, by its id alone. */
export class PurgeTable {
  readonly #storage: CellStorage;

  constructor(storage: CellStorage) {
    this.#storage = storage;
  }

  has(execution: string): boolean {
    return this.#storage.read("SELECT 1 FROM purges WHERE execution = ?", execution).length > 0;
  }

  /** The purge that an execution went with. */
  find(execution: string): Purged | undefined {
    const row = this.#storage.read("SELECT root FROM purges WHERE execution = ?", execution)[0];
    return row && this.#of(text(row.root));
  }

  put({ executions, actor, cached, rows }: Omit<Purged, "objects">, at: number): void {
    const [root = ""] = executions;
    for (const execution of executions)
      this.#storage.write(
        "INSERT OR IGNORE INTO purges (execution, root, actor, cached, at, due, rows) VALUES (?, ?, ?, ?, ?, ?, ?)",
        execution,
        root,
        actor,
        JSON.stringify(execution === root ? cached : []),
        at,
        at,
        execution === root ? rows : 0,
      );
  }

  /** How many objects are about to be removed, by the first who looks. */
  countObjects(root: string, objects: number): void {
    this.#storage.write("UPDATE purges SET objects = ? WHERE execution = ? AND objects IS NULL", objects, root);
  }

  /** Rows that there are of an execution, but for its Idempotency-Key's. */
  rowsOf(execution: string): number {
    const counts = TABLES.map((table) => `(SELECT count(*) FROM ${table} WHERE ${idOf(table)} = ?)`);
    const [row] = this.#storage.read(`SELECT ${counts.join(" + ")} AS n`, ...TABLES.map(() => execution));
    return Number(row?.n ?? 0);
  }

  /** Of their Idempotency-Keys'; looks at all keys, once. */
  keysOf(executions: readonly string[]): number {
    const statement = "SELECT count(*) AS n FROM idempotency WHERE execution IN (SELECT value FROM json_each(?))";
    return Number(this.#storage.read(statement, JSON.stringify(executions))[0]?.n ?? 0);
  }

  /** Purges of which something may still be somewhere, each again in `again` ms: one that cannot be finished keeps none behind it. */
  due(now: number, limit: number, again: number): Purged[] {
    const statement = "SELECT root FROM purges WHERE due <= ? ORDER BY due LIMIT ?";
    const roots = [...new Set(this.#storage.read(statement, now, limit).map((row) => text(row.root)))];
    for (const root of roots)
      this.#storage.write("UPDATE purges SET due = ? WHERE root = ? AND due <= ?", now + again, root, now);
    return roots.map((root) => this.#of(root));
  }

  /** When the next of them is to be looked at; null when there is none. */
  nextDue(): number | null {
    return numberOrNull(this.#storage.read("SELECT min(due) AS due FROM purges")[0]?.due);
  }

  /** All of it is gone everywhere; it is made sure once more, `again` ms after it began. */
  done(executions: readonly string[], now: number, again: number): void {
    const statement =
      "UPDATE purges SET due = CASE WHEN at + ? > ? THEN at + ? END WHERE execution IN (SELECT value FROM json_each(?))";
    this.#storage.write(statement, again, now, again, JSON.stringify(executions));
  }

  forget(before: number): void {
    if (this.#storage.read("SELECT 1 FROM purges WHERE at <= ? LIMIT 1", before).length === 0) return;
    this.#storage.write("DELETE FROM purges WHERE at <= ? AND due IS NULL", before);
  }

  /** Everything else that names these executions, while their own rows are here: those are the archive's to remove. Answers how many keys. */
  removeTraces(executions: readonly string[]): number {
    let keys = 0;
    for (const execution of executions) {
      // When its key would have ended is all that there is an index for.
      const [row] = this.#storage.read("SELECT created_at FROM executions WHERE id = ?", execution);
      const statement = "DELETE FROM idempotency WHERE execution = ?";
      const at = row && Number(row.created_at) + KEPT_MS;
      const gone = row
        ? this.#storage.write(`${statement} AND expires_at = ? RETURNING 1 AS n`, execution, Number(at))
        : this.#storage.write(`${statement} RETURNING 1 AS n`, execution);
      keys += gone.length;
      for (const table of ["held_by_budget", "start_queue"])
        this.#storage.write(`DELETE FROM ${table} WHERE execution = ?`, execution);
    }
    return keys;
  }

  #of(root: string): Purged {
    const rows = this.#storage.read(
      "SELECT execution, actor, cached, rows, objects FROM purges WHERE root = ? ORDER BY execution <> root, execution",
      root,
    );
    return {
      executions: rows.map((row) => text(row.execution)),
      actor: text(rows[0]?.actor),
      cached: rows.flatMap((row) => parse<string[]>(row.cached)),
      rows: Number(rows[0]?.rows ?? 0),
      objects: Number(rows[0]?.objects ?? 0),
    };
  }
}
