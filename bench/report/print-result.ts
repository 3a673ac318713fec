import { type BenchResult, FIGURE_NAMES } from "../figures.ts";
import { arrivalsTable } from "./arrivals-table.ts";
import { callsTable } from "./calls-table.ts";
import { FIGURE_COLUMNS } from "./figure-columns.ts";
import { figureRows } from "./figure-rows.ts";
import { longRunsTable } from "./long-runs-table.ts";
import { meteringLines } from "./metering-lines.ts";
import { neighbourLines } from "./neighbour-lines.ts";
import { table } from "./table.ts";

/** The whole result as text: per case the floor, the platform and their ratio, then what follows from them. */
export function printResult(result: BenchResult): string {
  const { machine } = result;
  const parts = [
    `${machine.cpus} × ${machine.cpu} · Linux ${machine.kernel} · Node ${machine.node}\nrounds: ${result.rounds}, medians · writes by ${result.method}`,
  ];
  if (result.cases.length > 0) parts.push(casesTable(result));
  if (result.inProcess.length > 0) {
    const rows = result.inProcess.map(({ name, title, p50Ms, p95Ms, p99Ms }) => [
      `${name} ${title}`,
      ...[p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(4)),
    ]);
    parts.push(table(["in process", "p50 ms", "p95 ms", "p99 ms"], rows));
  }
  if (result.longRuns.length > 0) parts.push(longRunsTable(result.longRuns));
  if (result.arrivals.length > 0) parts.push(arrivalsTable(result.arrivals));
  if (result.calls.length > 0) parts.push(callsTable(result.calls));
  if (result.metering.length > 0) parts.push(meteringLines(result.metering));
  if (result.neighbours) parts.push(neighbourLines(result.neighbours));
  if (result.gates.length > 0) {
    const rows = result.gates.map(({ name, figure, measured, limit, passed }) => [
      `${passed ? "ok    " : "FAILED"} ${name} ${figure}`,
      measured.toFixed(2),
      `at most ${limit}`,
    ]);
    parts.push(table(["gate", "measured", "limit"], rows));
  }
  if (result.invalid.length > 0) parts.push(`INVALID: this run does not count.\n- ${result.invalid.join("\n- ")}`);
  return `${parts.join("\n\n")}\n`;
}

function casesTable({ cases }: BenchResult): string {
  const headings = ["workload", ...FIGURE_NAMES.map((name) => FIGURE_COLUMNS[name].heading)];
  return table(
    headings,
    cases.flatMap((result) => figureRows(result, FIGURE_NAMES, FIGURE_COLUMNS)),
  );
}
