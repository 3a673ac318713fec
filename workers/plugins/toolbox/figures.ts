/** Figures over numbers. An empty list has no figure but its sum and count. */
type Figure = (values: number[], percent: number) => number | null;

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const average = (values: number[]) => sum(values) / values.length;
const ascending = (values: number[]) => [...values].sort((a, b) => a - b);
const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b));

/** Linear interpolation between the closest ranks. */
function percentile(values: number[], percent: number): number {
  const sorted = ascending(values);
  const rank = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  const high = sorted[Math.ceil(rank)] ?? 0;
  return low + (high - low) * (rank - Math.floor(rank));
}

/** Of the whole population. */
function variance(values: number[]): number {
  const mean = average(values);
  return average(values.map((value) => (value - mean) ** 2));
}

const unlessEmpty =
  (figure: (values: number[], percent: number) => number): Figure =>
  (values, percent) =>
    values.length === 0 ? null : figure(values, percent);

export const FIGURES: Readonly<Record<string, Figure>> = {
  max: unlessEmpty(most),
  min: unlessEmpty(least),
  average: unlessEmpty(average),
  avg: unlessEmpty(average),
  mean: unlessEmpty(average),
  sum,
  total: sum,
  median: unlessEmpty((values) => percentile(values, 50)),
  percentile: unlessEmpty(percentile),
  range: unlessEmpty((values) => most(values) - least(values)),
  variance: unlessEmpty(variance),
  stddev: unlessEmpty((values) => Math.sqrt(variance(values))),
};
