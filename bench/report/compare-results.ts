import { ARRIVAL_FIGURE_NAMES } from "../arrivals/arrival-figures.ts";
import { CALL_FIGURE_NAMES } from "../calls/call-figures.ts";
import { type BenchResult, FIGURE_NAMES } from "../figures.ts";
import { ARRIVAL_COLUMNS } from "./arrival-columns.ts";
import { CALL_COLUMNS } from "./call-columns.ts";
import { FIGURE_COLUMNS } from "./figure-columns.ts";
import { table } from "./table.ts";

/**
 * Two results side by side: per case and figure the change of the ratio to the floor, which holds across machines, or of
 * the figure itself where there is no ratio.
 */
export function compareResults(before: BenchResult, after: BenchResult): string {
  const rows: string[][] = [];
  rows.push(...comparedCases(before.cases, after.cases, FIGURE_NAMES, FIGURE_COLUMNS));
  // Results of before there were arrivals, or calls, have none.
  rows.push(...comparedCases(before.arrivals ?? [], after.arrivals ?? [], ARRIVAL_FIGURE_NAMES, ARRIVAL_COLUMNS));
  rows.push(...comparedCases(before.calls ?? [], after.calls ?? [], CALL_FIGURE_NAMES, CALL_COLUMNS));
  for (const then of before.inProcess) {
    const now = after.inProcess.find(({ name, title }) => name === then.name && title === then.title);
    rows.push(...changed(`${then.name} ${then.title}, p50 ms`, then.p50Ms, now?.p50Ms));
  }
  const notes = [before, after].flatMap(({ at, invalid }) =>
    invalid.length > 0 ? [`The run of ${at} was invalid.`] : [],
  );
  return `${[table(["", before.at, after.at, "change"], rows), ...notes].join("\n")}\n`;
}

interface Measured<Name extends string> {
  name: string;
  title: string;
  floor: Partial<Record<Name, number>>;
  ratio?: Partial<Record<Name, number>>;
}

function comparedCases<Name extends string>(
  before: readonly Measured<Name>[],
  after: readonly Measured<Name>[],
  names: readonly Name[],
  columns: Readonly<Record<Name, { heading: string }>>,
): string[][] {
  return before.flatMap((then) => {
    const now = after.find(({ name }) => name === then.name);
    if (!now) return [];
    const [a, b, of] = then.ratio && now.ratio ? [then.ratio, now.ratio, "÷ floor"] : [then.floor, now.floor, "floor"];
    const figures = names.flatMap((name) => changed(`  ${columns[name].heading}`, a[name], b[name]));
    return [[`${then.name} ${then.title}, ${of}`], ...figures];
  });
}

function changed(label: string, before: number | undefined, after: number | undefined): string[][] {
  if (before === undefined || after === undefined) return [];
  const change = before === 0 ? "" : `${after >= before ? "+" : ""}${((after / before - 1) * 100).toFixed(0)} %`;
  return [[label, before.toFixed(3), after.toFixed(3), change]];
}
