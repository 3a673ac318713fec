import { readFile, readdir, readlink } from "node:fs/promises";

/** Length of a tick in /proc/<pid>/stat: USER_HZ is 100 on every Linux that runs Node. */
const MS_PER_TICK = 10;
const RUNTIME = /\/workerd( \(deleted\))?$/;

/** All processes under `pid`, itself not included. */
export async function descendants(pid: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((id) => id > 0);
  const parents = new Map<number, number>();
  await Promise.all(pids.map(async (id) => parents.set(id, (await statFields(id))?.parent ?? 0)));
  const found: number[] = [];
  const look = (parent: number): void => {
    for (const [id, its] of parents) {
      if (its !== parent) continue;
      found.push(id);
      look(id);
    }
  };
  look(pid);
  return found;
}

/**
 * The workerd under `pid` that listens on `port`. The platform has a second one beside it, where published modules run: no
 * workload that is measured here goes there.
 */
export async function findWorkerd(pid: number, port: number): Promise<number> {
  const socket = `socket:[${await listeningInode(port)}]`;
  for (const id of await descendants(pid)) {
    const executable = await readlink(`/proc/${id}/exe`).catch(() => "");
    if (!RUNTIME.test(executable)) continue;
    const files = await readdir(`/proc/${id}/fd`).catch(() => []);
    const targets = await Promise.all(files.map((file) => readlink(`/proc/${id}/fd/${file}`).catch(() => "")));
    if (targets.includes(socket)) return id;
  }
  throw new Error(`no workerd under ${pid} listens on port ${port}`);
}

/** The inode of the socket that listens on a port, of either family (`/proc/net/tcp`: state 0A). */
async function listeningInode(port: number): Promise<string | undefined> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await readFile(table, "utf8").catch(() => "")).split("\n")) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === "0A" && local.endsWith(`:${wanted}`)) return inode;
    }
  }
  return undefined;
}

/** CPU time, user and system, that a process and its ended children have used so far. 0 when it is gone. */
export async function cpuMs(pid: number): Promise<number> {
  return ((await statFields(pid))?.ticks ?? 0) * MS_PER_TICK;
}

/** Resident memory, in MiB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

async function statFields(pid: number): Promise<{ parent: number; ticks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The name stands in parentheses and may hold anything; what follows is numbered from the third field on.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return { parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}
