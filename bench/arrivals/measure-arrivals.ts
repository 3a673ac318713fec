import type { MeasuredTarget } from "../measure-window.ts";
import { residentMb } from "../measure/processes.ts";
import { readUsed, readWhenSettled, usedEach } from "../measure/settled.ts";
import type { ArrivalFigures } from "./arrival-figures.ts";
import type { ArrivalJob } from "./load/job.ts";
import { openLoad } from "./load/open-load.ts";

/** One window, as `measureWindow` does it: what the target does after the last arrival counts, too. */
export async function measureArrivals(measured: MeasuredTarget, job: ArrivalJob): Promise<ArrivalFigures> {
  const load = openLoad(job);
  try {
    await load.prepare();
    // Schedules are made long before they are due, and a due time waits for nobody.
    const before = job.kind === "schedules" ? await readUsed(measured) : await readWhenSettled(measured);
    await load.run();
    const memoryMb = await residentMb(measured.target.workerdPid);
    const after = await readWhenSettled(measured);
    const { count, ...times } = await load.collect();
    return { ...times, ...usedEach(before, after, count), memoryMb };
  } finally {
    await load.close();
  }
}
