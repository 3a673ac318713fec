import type { DatabaseSync } from "node:sqlite";
import type { ObjectStorage } from "../../durable-objects/coordinator/cell-storage.ts";

/** A database in memory, as an object's storage. */
export function storageOf(database: DatabaseSync): ObjectStorage {
  const exec = (query: string, ...bindings: (string | number | null)[]) => {
    if (bindings.length === 0 && query.trim().replace(/;$/, "").includes(";")) {
      database.exec(query);
      return { toArray: () => [] };
    }
    const rows = database.prepare(query).all(...bindings);
    return { toArray: () => rows };
  };
  const storage = {
    sql: { exec },
    transactionSync<T>(work: () => T): T {
      database.exec("SAVEPOINT s");
      try {
        const result = work();
        database.exec("RELEASE s");
        return result;
      } catch (error) {
        database.exec("ROLLBACK TO s; RELEASE s");
        throw error;
      }
    },
  };
  return storage as unknown as ObjectStorage;
}
