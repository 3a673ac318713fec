import { readFile, stat } from "node:fs/promises";
import type { WriteCounter } from "./write-counter.ts";

/** Position of "flush requests completed" in a line of /proc/diskstats (Linux 5.5 and later). */
const FLUSHES = 18;

/** The disk's own flush count. Needs no rights, but counts every process that writes to the disk `folder` is on. */
export async function openDiskCounter(folder: string): Promise<WriteCounter> {
  const { dev } = await stat(folder);
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
  const read = async (): Promise<{ fsyncs: number }> => {
    for (const line of (await readFile("/proc/diskstats", "utf8")).split("\n")) {
      const fields = line.trim().split(/\s+/);
      if (Number(fields[0]) === major && Number(fields[1]) === minor) return { fsyncs: Number(fields[FLUSHES]) };
    }
    throw new Error(`no disk ${major}:${minor} in /proc/diskstats: put the data folder on a real disk`);
  };
  await read();
  return { method: "flushes of the disk (all processes)", read, close: async () => undefined };
}
