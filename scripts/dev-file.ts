import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What scripts need to talk to the running platform. */
export interface DevFile {
  base_url: string;
  api_key: string;
  pid: number;
}

/** `SMARTIFY_DATA_DIR`, or `.smartify` in the project. */
export function dataFolder(): string {
  return resolve(process.env.SMARTIFY_DATA_DIR || join(import.meta.dirname, "../.smartify"));
}

export function writeDevFile(dataDir: string, content: DevFile): void {
  const path = join(dataDir, "dev.json");
  writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeDevFile(dataDir: string): void {
  rmSync(join(dataDir, "dev.json"), { force: true });
}

/** The running platform's, or null when none has been started on this folder. */
export function readDevFile(dataDir: string): DevFile | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, "dev.json"), "utf8"));
  } catch {
    return null;
  }
}
