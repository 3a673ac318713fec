import { type BenchResult, FIGURE_NAMES, type Figures } from "../figures.ts";
import { FIGURE_COLUMNS } from "./figure-columns.ts";
import { table } from "./table.ts";

/**
 * Two results side by side: per case and figure the change of the ratio to the floor, which holds across machines, or of
 * the figure itself where there is no ratio.
 */
export function compareResults(before: BenchResult, after: BenchResult): string {
  const rows: string[][] = [];
  for (const then of before.cases) {
    const now = after.cases.find(({ name }) => name === then.name);
    if (!now) continue;
    const [a, b, of] = then.ratio && now.ratio ? [then.ratio, now.ratio, "÷ floor"] : [then.floor, now.floor, "floor"];
    rows.push([`${then.name} ${then.title}, ${of}`]);
    for (const name of FIGURE_NAMES)
      rows.push(...changed(`  ${FIGURE_COLUMNS[name].heading}`, figureOf(a, name), figureOf(b, name)));
  }
  for (const then of before.inProcess) {
    const now = after.inProcess.find(({ name, title }) => name === then.name && title === then.title);
    rows.push(...changed(`${then.name} ${then.title}, p50 ms`, then.p50Ms, now?.p50Ms));
  }
  const notes = [before, after].flatMap(({ at, invalid }) =>
    invalid.length > 0 ? [`The run of ${at} was invalid.`] : [],
  );
  return `${[table(["", before.at, after.at, "change"], rows), ...notes].join("\n")}\n`;
}

function figureOf(figures: Partial<Figures>, name: keyof Figures): number | undefined {
  return figures[name];
}

function changed(label: string, before: number | undefined, after: number | undefined): string[][] {
  if (before === undefined || after === undefined) return [];
  const change = before === 0 ? "" : `${after >= before ? "+" : ""}${((after / before - 1) * 100).toFixed(0)} %`;
  return [[label, before.toFixed(3), after.toFixed(3), change]];
}
