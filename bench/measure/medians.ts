import { median } from "./percentile.ts";

/** Each figure's median over the rounds, of those that have it. */
export function medians<Name extends string, Of extends Partial<Record<Name, number>>>(
  rounds: readonly Of[],
  names: readonly Name[],
): Of {
  const [first] = rounds;
  if (!first) throw new Error("no round was run");
  const middle: Of = { ...first };
  for (const name of names) {
    const values = rounds.map((figures) => figures[name]).filter((value) => value !== undefined);
    if (values.length > 0) Object.assign(middle, { [name]: median(values) });
  }
  return middle;
}
