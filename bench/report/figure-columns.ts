import type { FigureName } from "../figures.ts";

/** How a figure is headed and how many digits of it mean something. */
export const FIGURE_COLUMNS: Readonly<Record<FigureName, { heading: string; digits: number }>> = {
  p50Ms: { heading: "p50 ms", digits: 2 },
  p95Ms: { heading: "p95 ms", digits: 2 },
  p99Ms: { heading: "p99 ms", digits: 2 },
  runsPerSecond: { heading: "runs/s", digits: 0 },
  cpuMsPerRun: { heading: "CPU ms", digits: 2 },
  hostCpuMsPerRun: { heading: "host CPU", digits: 2 },
  fsyncsPerRun: { heading: "fsyncs", digits: 2 },
  rowsPerRun: { heading: "rows", digits: 2 },
  memoryMb: { heading: "MiB", digits: 0 },
};
