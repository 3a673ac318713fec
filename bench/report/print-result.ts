import { type BenchResult, FIGURE_NAMES, type Figures } from "../figures.ts";
import { FIGURE_COLUMNS } from "./figure-columns.ts";
import { longRunsTable } from "./long-runs-table.ts";
import { table } from "./table.ts";

const NONE = "–";

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
  const rows: string[][] = [];
  for (const { name, title, floor, platform, ratio } of cases) {
    rows.push([`${name} ${title}`]);
    rows.push(["  floor", ...cells(floor)]);
    if (platform) rows.push(["  platform", ...cells(platform)]);
    if (ratio) rows.push(["  ratio", ...FIGURE_NAMES.map((figure) => ratio[figure]?.toFixed(2) ?? NONE)]);
  }
  return table(headings, rows);
}

function cells(figures: Figures): string[] {
  return FIGURE_NAMES.map((name) => figures[name]?.toFixed(FIGURE_COLUMNS[name].digits) ?? NONE);
}
