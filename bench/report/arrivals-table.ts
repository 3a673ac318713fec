import { ARRIVAL_FIGURE_NAMES, type ArrivalResult } from "../arrivals/arrival-figures.ts";
import { ARRIVAL_COLUMNS } from "./arrival-columns.ts";
import { figureRows } from "./figure-rows.ts";
import { table } from "./table.ts";

/** What arrives from executions or starts them: per case the floor, the platform and their ratio. */
export function arrivalsTable(results: readonly ArrivalResult[]): string {
  const headings = ["arrival", ...ARRIVAL_FIGURE_NAMES.map((name) => ARRIVAL_COLUMNS[name].heading)];
  return table(
    headings,
    results.flatMap((result) => figureRows(result, ARRIVAL_FIGURE_NAMES, ARRIVAL_COLUMNS)),
  );
}
