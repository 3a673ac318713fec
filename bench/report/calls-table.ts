import { CALL_FIGURE_NAMES, type CallResult } from "../calls/call-figures.ts";
import { CALL_COLUMNS } from "./call-columns.ts";
import { figureRows } from "./figure-rows.ts";
import { table } from "./table.ts";

/** What one call of each kind costs: the floor, the platform and their ratio. */
export function callsTable(results: readonly CallResult[]): string {
  return table(
    ["call", ...CALL_FIGURE_NAMES.map((name) => CALL_COLUMNS[name].heading)],
    results.flatMap((result) => figureRows(result, CALL_FIGURE_NAMES, CALL_COLUMNS)),
  );
}
