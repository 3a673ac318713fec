import { percentile } from "../../measure/percentile.ts";
import type { ArrivalTimes } from "./job.ts";

/** The times of arrivals that were measured one by one; `lastMs` is the latest. */
export function timesOf(times: readonly number[], count: number): ArrivalTimes {
  const ascending = times.toSorted((a, b) => a - b);
  return {
    count,
    p50Ms: percentile(ascending, 0.5),
    p95Ms: percentile(ascending, 0.95),
    p99Ms: percentile(ascending, 0.99),
    lastMs: ascending.at(-1) ?? Number.NaN,
  };
}
