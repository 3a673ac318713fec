import { DURATION_BOUNDS_S } from "./duration-bounds.ts";
import type { Sample } from "./prometheus-text.ts";

/** What was counted of runs with the same labels, by the number of the bucket they fell into. */
export interface CountedRuns {
  labels: Readonly<Record<string, string>>;
  bucket: number;
  runs: number;
  seconds: number;
}

/** The buckets of each set of labels as Prometheus wants them: every bound counts all runs up to it. */
export function durationHistogram(counted: readonly CountedRuns[]): Sample[] {
  const series = new Map<string, CountedRuns[]>();
  for (const row of counted) {
    const key = JSON.stringify(row.labels);
    series.set(key, [...(series.get(key) ?? []), row]);
  }
  return [...series.values()].flatMap((rows) => {
    const labels = rows[0]?.labels ?? {};
    const upTo = (bucket: number) => rows.reduce((sum, row) => sum + (row.bucket <= bucket ? row.runs : 0), 0);
    const count = upTo(DURATION_BOUNDS_S.length);
    return [
      ...DURATION_BOUNDS_S.map((bound, bucket): Sample => {
        return { suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: upTo(bucket) };
      }),
      { suffix: "_bucket" as const, labels: { ...labels, le: "+Inf" }, value: count },
      { suffix: "_sum" as const, labels, value: rows.reduce((sum, row) => sum + row.seconds, 0) },
      { suffix: "_count" as const, labels, value: count },
    ];
  });
}
