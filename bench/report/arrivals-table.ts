import { ARRIVAL_FIGURE_NAMES, type ArrivalFigureName, type ArrivalResult } from "../arrivals/arrival-figures.ts";
import { figureRows } from "./figure-rows.ts";
import { table } from "./table.ts";

const COLUMNS: Readonly<Record<ArrivalFigureName, { heading: string; digits: number }>> = {
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

/** What arrives from executions or starts them: per case the floor, the platform and their ratio. */
export function arrivalsTable(results: readonly ArrivalResult[]): string {
  const headings = ["arrival", ...ARRIVAL_FIGURE_NAMES.map((name) => COLUMNS[name].heading)];
  return table(
    headings,
    results.flatMap((result) => figureRows(result, ARRIVAL_FIGURE_NAMES, COLUMNS)),
  );
}
