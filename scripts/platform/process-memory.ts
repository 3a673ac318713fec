import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

const PAGE_KB = 4;

/** Resident memory of a process in MB; 0 when it is gone. */
export async function processMemoryMb(pid: number): Promise<number> {
  if (process.platform === "linux") {
    const [, pages = "0"] = await readFile(`/proc/${pid}/statm`, "utf8").then(
      (text) => text.split(" "),
      () => [],
    );
    return (Number(pages) * PAGE_KB) / 1_024;
  }
  return new Promise((resolve) => {
    execFile("ps", ["-o", "rss=", "-p", String(pid)], (error, said) => {
      resolve(error ? 0 : Number(said.trim()) / 1_024);
    });
  });
}
