import type { MeasuredTarget } from "../measure-window.ts";
import { openDiskCounter } from "../measure/disk-counter.ts";
import { openPerfCounter } from "../measure/perf-counter.ts";
import type { Target } from "./target.ts";

/** Opens targets one after the other, counts their writes, and ends them all, whatever happens. */
export async function withTargets<Result>(
  openers: readonly (() => Promise<Target>)[],
  measure: (opened: readonly MeasuredTarget[]) => Promise<Result>,
): Promise<Result> {
  const targets: Target[] = [];
  const opened: MeasuredTarget[] = [];
  try {
    for (const open of openers) {
      const target = await open();
      targets.push(target);
      const counter = (await openPerfCounter(target.workerdPid)) ?? (await openDiskCounter(target.dataDir));
      opened.push({ target, counter });
    }
    return await measure(opened);
  } finally {
    for (const { counter } of opened) await counter.close();
    for (const target of targets) await target.stop();
  }
}
