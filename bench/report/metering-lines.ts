import type { Difference, MeteringCase } from "../metering/metering-cost.ts";
import { table } from "./table.ts";

/** M1 as text. */
export function meteringLines(cases: readonly MeteringCase[]): string {
  const rows = cases.map((it) => [
    it.name,
    it.w1Us.toFixed(0),
    micros(it.recordedUs),
    micros(it.runUs),
    micros(it.sentUs),
    micros(it.readUs),
    percent(it.percent),
    percent(it.controlPercent),
    micros(it.postgresUs),
    it.postgresW1Us.toFixed(0),
    String(it.pairs.length),
  ]);
  const headings = [
    "metering, CPU of a W1 run",
    "W1 µs",
    "recorded µs",
    "runs, by the clock µs",
    "sent µs",
    "of that read µs",
  ];
  headings.push("metering", "control", "Postgres µs", "of it without µs", "pairs");
  return table(headings, rows);
}

function micros({ mean, error }: Difference): string {
  return `${signed(mean)} ± ${error.toFixed(1)}`;
}

function percent({ mean, error }: Difference): string {
  return `${mean < 0 ? "" : "+"}${mean.toFixed(2)} % ± ${error.toFixed(2)}`;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(1)}`;
}
