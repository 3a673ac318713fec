import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PGlite } from "@electric-sql/pglite";
import { lockDataFolder } from "./lock.ts";

export interface Scrubbed {
  /** SQLite files: of objects, and of the object storage's names. */
  files: number;
  tables: number;
}

/**
 * Writes every database of a stopped platform anew, so that no file of it holds bytes of what was deleted: databases keep those in
 * free space of their pages and in their logs until something else comes to lie there. Objects may not have that done while they run.
 */
export async function scrub(dataDir: string): Promise<Scrubbed> {
  const unlock = await lockDataFolder(dataDir, process.pid);
  try {
    const files = sqliteFiles(join(dataDir, "objects"));
    for (const file of files) rewrite(file);
    const postgres = join(dataDir, "postgres");
    return { files: files.length, tables: existsSync(postgres) ? await rewritePostgres(postgres) : 0 };
  } finally {
    unlock();
  }
}

function sqliteFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".sqlite")).map((file) => join(folder, file));
}

/** What was deleted goes with the old pages; the log is emptied, before and after. */
function rewrite(file: string): void {
  const database = new DatabaseSync(file);
  try {
    for (const statement of ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"])
      database.exec(statement);
  } finally {
    database.close();
  }
}

async function rewritePostgres(dataDir: string): Promise<number> {
  const database = await PGlite.create(dataDir);
  try {
    // Segments of the log that are over are removed and not used again: they hold what was.
    await database.exec("SET wal_recycle = off");
    const found = await database.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('information_schema')",
    );
    for (const { name } of found.rows.filter((table) => !/^pg_catalog\./.test(table.name)))
      await database.exec(`VACUUM FULL ${name}`);
    // Statistics hold the commonest values of columns.
    await database.exec("VACUUM FULL pg_catalog.pg_statistic");
    await database.exec("ANALYZE");
    for (let times = 0; times < 2; times += 1) await database.exec("SELECT pg_switch_wal(); CHECKPOINT;");
    return found.rows.length;
  } finally {
    await database.close();
  }
}
