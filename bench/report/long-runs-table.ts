import type { LongRun } from "../long/long-run.ts";
import { table } from "./table.ts";

/** The long executions as text: their figures, then the CPU of a call in each tenth of them. */
export function longRunsTable(runs: readonly LongRun[]): string {
  const headings = ["long execution", "steps", "s", "last ÷ first", "fsyncs/step", "rows/step", "log B/step", "MiB"];
  const rows = runs.map((run) => [
    `${run.name} ${run.title}`,
    String(run.steps),
    run.seconds.toFixed(1),
    run.lateToEarly.toFixed(2),
    run.fsyncsPerStep.toFixed(3),
    run.rowsPerStep?.toFixed(3) ?? "–",
    run.logBytesPerStep.toFixed(0),
    `${run.memoryBeforeMb.toFixed(0)} → ${run.memoryAfterMb.toFixed(0)}`,
  ]);
  const tenths = runs.map(({ name, cpuMsPerCall }) => [name, ...cpuMsPerCall.map((ms) => ms.toFixed(3))]);
  const parts = ["CPU ms a call", ...Array.from({ length: 10 }, (_, part) => `${part + 1}/10`)];
  return `${table(headings, rows)}\n\n${table(parts, tenths)}`;
}
