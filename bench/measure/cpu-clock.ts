import { readdir, readFile } from "node:fs/promises";

/**
 * CPU time that the threads of a process have used so far, in ms with a fraction: `/proc/<pid>/stat` has ticks of 10 ms, which is
 * 2 % of a block of half a second.
 */
export async function threadCpuMs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const used = await Promise.all(
    threads.map(async (id) => Number((await readFile(`/proc/${pid}/task/${id}/schedstat`, "utf8")).split(" ")[0])),
  );
  return used.reduce((sum, ns) => sum + ns, 0) / 1e6;
}
