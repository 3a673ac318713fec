import { NEWER_DATA } from "../contracts/newer-data.ts";

/** The slice of an object's SQLite that the rooms here use. */
export interface SqlStorage {
  exec(query: string, ...bindings: SqlValue[]): { toArray(): Record<string, SqlValue>[] };
  /** Bytes of what is stored; a storage that cannot say leaves it out. */
  readonly databaseSize?: number;
}

export type SqlValue = string | number | null | ArrayBuffer;

/** One step of an object's storage. Append-only: an id, once deployed, keeps its meaning for ever. */
export interface SqliteMigration {
  id: number;
  sql: string;
}

/** True when the object has stored anything yet: an object that was only asked has no tables. */
export function isMigrated(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").toArray().length > 0;
}

/**
 * Brings an object's storage to the newest shape. Fails when what is stored was written by a version that knew migrations
 * this one does not have: running on would corrupt it.
 */
export function migrate(sql: SqlStorage, migrations: readonly SqliteMigration[]): void {
  sql.exec("CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID");
  const applied = new Set(
    sql
      .exec("SELECT id FROM migrations")
      .toArray()
      .map((row) => Number(row.id)),
  );
  const known = new Set(migrations.map(({ id }) => id));
  const unknown = [...applied].filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Error(`${NEWER_DATA}${unknown.join(", ")}`);
  for (const { id, sql: statements } of migrations) {
    if (applied.has(id)) continue;
    sql.exec(statements);
    sql.exec("INSERT INTO migrations (id) VALUES (?)", id);
  }
}
