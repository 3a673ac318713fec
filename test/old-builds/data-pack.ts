import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PGlite } from "@electric-sql/pglite";
import type { OldWorldFile } from "./world-file.ts";

/*
 * A data folder in a small file. Objects' databases are compacted. Of Postgres come the rows and which migrations it had: those are
 * append-only and each is checked by its digest, so that the same files make the same tables.
 */

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
const LEDGER = "smartify_migrations";
const WORLD = "world.json";

interface Dump {
  migrations: { name: string; digest: string; at: string }[];
  tables: Record<string, object[]>;
  sequences: Record<string, number>;
}

/** In a temporary folder, which is gone afterwards. */
async function aside<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "smartify-old-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function dumpPostgres(folder: string): Promise<Dump> {
  const database = await PGlite.create(folder);
  const rows = async <T>(sql: string): Promise<T[]> => (await database.query<T>(sql)).rows;
  const tables: Dump["tables"] = {};
  const names = await rows<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_name <> '${LEDGER}' order by 1`,
  );
  for (const { name } of names) {
    const [found] = await rows<{ all: object[] }>(`select coalesce(json_agg(t), '[]') as all from "${name}" t`);
    if (found && found.all.length > 0) tables[name] = found.all;
  }
  const sequences = await rows<{ name: string; last: string }>(
    "select sequencename as name, last_value as last from pg_sequences where schemaname = 'public' and last_value is not null",
  );
  const migrations = await rows<Dump["migrations"][number]>(`select name, digest, at from ${LEDGER} order by name`);
  await database.close();
  return {
    migrations,
    tables,
    sequences: Object.fromEntries(sequences.map(({ name, last }) => [name, Number(last)])),
  };
}

async function loadPostgres(folder: string, { migrations, tables, sequences }: Dump): Promise<void> {
  const database = await PGlite.create(folder);
  await database.exec(
    `create table ${LEDGER} (name text primary key, digest text not null, at timestamptz not null default now())`,
  );
  for (const { name, digest, at } of migrations) {
    const text = readFileSync(join(MIGRATIONS, name), "utf8");
    if (createHash("sha256").update(text).digest("hex") !== digest)
      throw new Error(`migrations/${name} is not the file that an earlier build had: migrations are append-only`);
    await database.exec(text);
    await database.query(`insert into ${LEDGER} (name, digest, at) values ($1, $2, $3)`, [name, digest, at]);
  }
  await database.transaction(async (sql) => {
    // What migrations wrote themselves is among the rows; foreign keys are as they were.
    await sql.exec("set local session_replication_role = replica");
    for (const [name, rows] of Object.entries(tables)) {
      const columns = await sql.query<{ name: string }>(
        "select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'",
        [name],
      );
      const list = columns.rows.map((column) => `"${column.name}"`).join(", ");
      await sql.exec(`delete from "${name}"`);
      await sql.query(
        `insert into "${name}" (${list}) overriding system value select ${list} from json_populate_recordset(null::"${name}", $1)`,
        [JSON.stringify(rows)],
      );
    }
    for (const [name, last] of Object.entries(sequences))
      await sql.query("select setval($1::regclass, $2)", [`public."${name}"`, last]);
  });
  await database.close();
}

function compact(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(path);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; VACUUM;");
    database.close();
  }
}

/** Packs what a killed platform left in `dataDir`. */
export function packData(dataDir: string, world: OldWorldFile, fixture: string): Promise<void> {
  return aside(async (folder) => {
    cpSync(join(dataDir, "objects"), join(folder, "objects"), { recursive: true });
    cpSync(join(dataDir, "secrets.json"), join(folder, "secrets.json"));
    compact(join(folder, "objects"));
    const dump = await dumpPostgres(join(dataDir, "postgres"));
    writeFileSync(join(folder, "postgres.json"), JSON.stringify(dump));
    writeFileSync(join(folder, WORLD), JSON.stringify(world));
    mkdirSync(dirname(fixture), { recursive: true });
    execFileSync("tar", ["-czf", fixture, "-C", folder, "objects", "secrets.json", "postgres.json", WORLD]);
  });
}

/** What is known of the data beside it. */
export function readWorld(dataDir: string): OldWorldFile {
  return JSON.parse(readFileSync(join(dataDir, WORLD), "utf8"));
}

/** Makes the data folder again. */
export async function unpackData(fixture: string, dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  execFileSync("tar", ["-xzf", fixture, "-C", dataDir]);
  const dump: Dump = JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8"));
  rmSync(join(dataDir, "postgres.json"));
  await loadPostgres(join(dataDir, "postgres"), dump);
}
