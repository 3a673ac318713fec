import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The data folder belongs to a platform that runs. */
export class DataFolderInUseError extends Error {
  readonly pid: number;

  constructor(dataDir: string, pid: number) {
    super(`${dataDir} is in use by a platform that runs as process ${pid}: stop it first, or set SMARTIFY_DATA_DIR`);
    this.name = "DataFolderInUseError";
    this.pid = pid;
  }
}

interface Holder {
  pid: number;
  /** When that process began: a process id is used again after a reboot. */
  began: string | null;
  /** Who started it: when this one is gone, the holder is about to go. */
  owner: number;
}

const DYING_MS = 5_000;

/** When a process began, in whatever form this system tells it; null when there is no such process. */
function began(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    if (process.platform === "linux") return null;
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}

function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  const since = began(holder.pid);
  return since !== null && since === holder.began;
}

function tryToTake(path: string, owner: number): boolean {
  const mine = `${path}.${process.pid}`;
  const holder: Holder = { pid: process.pid, began: began(process.pid), owner };
  writeFileSync(mine, JSON.stringify(holder));
  try {
    // A link fails when the name is taken, and what it names is complete from the start.
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The platform that runs on this folder, if one does: the process that its user started. */
export function runningOwner(dataDir: string): number | null {
  const holder = readHolder(join(dataDir, "platform.lock"));
  return holder !== null && isAlive(holder) && began(holder.owner) !== null ? holder.owner : null;
}

/** Takes the folder for this process; what a killed platform left behind is cleared away. */
export async function lockDataFolder(dataDir: string, owner: number): Promise<() => void> {
  const path = join(dataDir, "platform.lock");
  const deadline = Date.now() + DYING_MS;
  while (!tryToTake(path, owner)) {
    const holder = readHolder(path);
    if (holder !== null && isAlive(holder)) {
      if (began(holder.owner) !== null || Date.now() > deadline) throw new DataFolderInUseError(dataDir, holder.owner);
      await sleep(50);
    } else {
      rmSync(path, { force: true });
    }
  }
  return () => rmSync(path, { force: true });
}
