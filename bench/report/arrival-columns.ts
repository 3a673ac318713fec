import type { ArrivalFigureName } from "../arrivals/arrival-figures.ts";

/** How a figure of an arrival is headed and how many digits of it mean something. */
export const ARRIVAL_COLUMNS: Readonly<Record<ArrivalFigureName, { heading: string; digits: number }>> = {
  p50Ms: { heading: "p50 ms", digits: 2 },
  p95Ms: { heading: "p95 ms", digits: 2 },
  p99Ms: { heading: "p99 ms", digits: 2 },
  lastMs: { heading: "last ms", digits: 2 },
  cpuMs: { heading: "CPU ms", digits: 2 },
  hostCpuMs: { heading: "host CPU", digits: 2 },
  fsyncs: { heading: "fsyncs", digits: 2 },
  rows: { heading: "rows", digits: 2 },
  memoryMb: { heading: "MiB", digits: 0 },
};
