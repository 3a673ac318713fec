import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The executions that each object of a platform holds, as its files have them: file of the object → their ids. Other objects are left out. */
export function executionsByObject(dataDir: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of readdirSync(join(dataDir, "objects"), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(dataDir, "objects", path), { readOnly: true });
    const isCell = database.prepare("select 1 from sqlite_master where name = 'executions'").get() !== undefined;
    if (isCell) {
      const rows = database.prepare("select id from executions order by id").all();
      found.set(
        path,
        rows.map((row) => String(row.id)),
      );
    }
    database.close();
  }
  return found;
}
