import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface Searched {
  where: string;
  text: string;
}

/**
 * Every file of a platform's folder, as bytes: objects, database, logs. Its own keys are what the rest is sealed with. An object
 * that is put out of memory takes its journal with it, whose content then stands in a file that may have been read: so all again.
 */
export function storedFiles(dataDir: string): Searched[] {
  return again(() =>
    readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "secrets.json")
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => ({ where: file.slice(dataDir.length), text: readFileSync(file, "latin1") })),
  );
}

/** Every row of every object: in the files a long value lies in pieces. What the files are copied to is looked at, since they are in use. */
export function objectRows(dataDir: string): Searched[] {
  const objects = join(dataDir, "objects");
  const folder = mkdtempSync(join(tmpdir(), "smartify-rows-"));
  try {
    return again(() => readdirSync(objects, { recursive: true, encoding: "utf8" }))
      .filter((file) => file.endsWith(".sqlite"))
      .map((file, index) => {
        const copy = join(folder, `${index}.sqlite`);
        again(() => copyAtRest(join(objects, file), copy));
        return { where: `rows of ${file}`, text: rowsIn(copy) };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A database and the journals with what it has not taken in yet. Their index in shared memory is made anew from these. */
const PARTS = ["", "-wal", "-journal"] as const;
const TRIES = 100;
const PAUSE_MS = 20;

/** What changes under the reader: it begins again. */
class Changed extends Error {}

/** Does `read` until nothing was put away, or written, meanwhile. */
function again<T>(read: () => T): T {
  for (let tries = 1; ; tries += 1)
    try {
      return read();
    } catch (error) {
      const gone = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (tries === TRIES || !(gone || error instanceof Changed)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
}

/** Of a database that is written to between the copies of its parts, these would not fit together. */
function copyAtRest(file: string, copy: string): void {
  const before = partsOf(file);
  for (const part of PARTS) {
    rmSync(copy + part, { force: true });
    if (part === "" || before.has(part)) copyFileSync(file + part, copy + part);
  }
  const after = partsOf(file);
  if (PARTS.some((part) => before.get(part) !== after.get(part))) throw new Changed(`${file} is written to`);
}

/** Which parts there are, and which content they have. */
function partsOf(file: string): Map<string, string> {
  return new Map(
    PARTS.flatMap((part) => {
      const found = statSync(file + part, { bigint: true, throwIfNoEntry: false });
      return found ? [[part, `${found.ino} ${found.size} ${found.mtimeNs}`] as const] : [];
    }),
  );
}

function rowsIn(file: string): string {
  const database = new DatabaseSync(file, { readBigInts: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL").all();
    const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM "${String(name)}"`).all());
    // As they are, not as JSON: that would be another writing of what is searched for.
    return rows.map((row) => Object.values(row).map(textOf).join(" ")).join("\n");
  } finally {
    database.close();
  }
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);
}

/** Every row of every table: files hold long values compressed. */
export async function dumpOf(databasePort: number): Promise<Searched[]> {
  const ask = async (query: string): Promise<string[]> => {
    const response = await fetch(`http://127.0.0.1:${databasePort}/sql`, {
      method: "POST",
      headers: {
        "neon-connection-string": "postgresql://postgres:postgres@localhost/postgres",
        "neon-raw-text-output": "true",
      },
      body: JSON.stringify({ query, params: [] }),
    });
    if (!response.ok) throw new Error(await response.text());
    const { rows } = (await response.json()) as { rows: Record<string, string>[] };
    return rows.map((row) => String(Object.values(row)[0]));
  };
  const tables = await ask(
    "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
  );
  const dumps = await Promise.all(tables.map((table) => ask(`SELECT t::text FROM ${table} AS t`)));
  return tables.map((table, index) => ({ where: `table ${table}`, text: (dumps[index] ?? []).join("\n") }));
}
