import type { ObjectStorage } from "./coordinator/cell-storage.ts";
import { isMigrated, migrate, type SqliteMigration, type SqlValue } from "./sqlite-migrations.ts";

export type Row = Record<string, SqlValue>;

/** An object's tables. They are made with the first write: an object that was only asked stores nothing. */
export class ObjectSql {
  readonly #storage: ObjectStorage;
  readonly #migrations: readonly SqliteMigration[];
  #ready: boolean;

  constructor(storage: ObjectStorage, migrations: readonly SqliteMigration[]) {
    this.#storage = storage;
    this.#migrations = migrations;
    this.#ready = isMigrated(storage.sql);
    if (this.#ready) this.#migrate();
  }

  read(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#ready ? this.#storage.sql.exec(query, ...bindings).toArray() : [];
  }

  /** Answers the rows of a RETURNING. */
  write(query: string, ...bindings: SqlValue[]): Row[] {
    if (!this.#ready) this.#migrate();
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }

  /** Changes what is there: nothing is, so nothing is made, in an object that never stored anything. */
  change(query: string, ...bindings: SqlValue[]): Row[] {
    return this.#ready ? this.write(query, ...bindings) : [];
  }

  /** Everything `work` does, or nothing. */
  atomically<T>(work: () => T): T {
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      // Tables that were made inside went with it.
      this.#ready = isMigrated(this.#storage.sql);
      throw error;
    }
  }

  #migrate(): void {
    this.atomically(() => migrate(this.#storage.sql, this.#migrations));
    this.#ready = true;
  }
}
