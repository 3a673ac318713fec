import type { MeasuredTarget } from "../measure-window.ts";
import { cpuMs } from "./processes.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";
import { readWhenQuiet } from "./write-counter.ts";

/** What a target has used since it was started. Only differences mean anything. */
export interface Used {
  /** Of workerd. */
  cpuMs: number;
  /** Of the Node process around it. */
  hostCpuMs: number;
  fsyncs: number;
  rows?: number;
}

export async function readUsed({ target, counter }: MeasuredTarget): Promise<Used> {
  const { fsyncs, rows } = await counter.read();
  return { cpuMs: await cpuMs(target.workerdPid), hostCpuMs: await cpuMs(target.hostPid), fsyncs, rows };
}

/** The same when the target has nothing left to do: nothing is written any more, and nothing is computed. */
export async function readWhenSettled(measured: MeasuredTarget): Promise<Used> {
  await Promise.all([waitUntilIdle(measured.target), readWhenQuiet(measured.counter)]);
  return readUsed(measured);
}

/** From one reading to the next, for each of `count`. */
export function usedEach(before: Used, after: Used, count: number): Used {
  return {
    cpuMs: (after.cpuMs - before.cpuMs) / count,
    hostCpuMs: (after.hostCpuMs - before.hostCpuMs) / count,
    fsyncs: (after.fsyncs - before.fsyncs) / count,
    rows: after.rows === undefined || before.rows === undefined ? undefined : (after.rows - before.rows) / count,
  };
}
