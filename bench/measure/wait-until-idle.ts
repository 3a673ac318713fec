import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../targets/target.ts";
import { cpuMs } from "./processes.ts";

const STEP_MS = 500;
const IDLE_STEPS = 3;
/** In one step: what a platform that has nothing to do uses stays below. */
const IDLE_CPU_MS = 40;
const PATIENCE_MS = 15_000;

/**
 * Until workerd and the process around it have used next to nothing for a second and a half: then the sink has written what
 * the load left to it. Quiet by fsyncs is not enough, as Postgres is no part of workerd. Gives up after a quarter of a minute.
 */
export async function waitUntilIdle({ workerdPid, hostPid }: Pick<Target, "workerdPid" | "hostPid">): Promise<void> {
  const read = async (): Promise<number> => (await cpuMs(workerdPid)) + (await cpuMs(hostPid));
  let last = await read();
  let idle = 0;
  for (let waited = 0; idle < IDLE_STEPS && waited < PATIENCE_MS; waited += STEP_MS) {
    await sleep(STEP_MS);
    const now = await read();
    idle = now - last <= IDLE_CPU_MS ? idle + 1 : 0;
    last = now;
  }
}
