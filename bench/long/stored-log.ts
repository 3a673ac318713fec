import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Progress } from "./cost-over-time.ts";

/** What an execution left in its coordinator object's database. */
export interface StoredLog {
  /** Calls that were over, by the times of the log's rows. */
  progress: Progress[];
  rows: number;
  bytes: number;
}

const CALL_IS_OVER = /"type":"step\.completed"/g;

/** Reads an execution's log from the files of a local platform, beside it: asking the platform would be on its bill. */
export async function readStoredLog(dataDir: string, executionId: string): Promise<StoredLog> {
  const folder = join(dataDir, "objects/do");
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".sqlite"));
  for (const file of files) {
    const log = logIn(join(folder, file), executionId);
    if (log) return log;
  }
  throw new Error(`no object under ${folder} has execution ${executionId}`);
}

function logIn(path: string, executionId: string): StoredLog | undefined {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'log'").get();
    if (!table) return undefined;
    const rows = database.prepare("SELECT at, events FROM log WHERE execution = ? ORDER BY seq").all(executionId);
    if (rows.length === 0) return undefined;
    let done = 0;
    let bytes = 0;
    const progress = rows.map(({ at, events }) => {
      const text = String(events);
      bytes += Buffer.byteLength(text);
      done += text.match(CALL_IS_OVER)?.length ?? 0;
      return { at: Number(at), done };
    });
    return { progress, rows: rows.length, bytes };
  } finally {
    database.close();
  }
}
