/** At least so many, and at most; `most` is null where nothing bounds it. */
export interface Range {
  least: number;
  most: number | null;
}

/** How much of each thing a part of a workflow takes. What is not named, none of. */
export type Amounts = ReadonlyMap<string, Range>;

export const NOTHING: Amounts = new Map();
const NONE: Range = { least: 0, most: 0 };

export function amount(of: Record<string, Range>): Amounts {
  return new Map(Object.entries(of));
}

/** One after the other, or at once: all of them. */
export function all(parts: readonly Amounts[]): Amounts {
  return combined(parts, (ranges) => ({
    least: ranges.reduce((sum, { least }) => sum + least, 0),
    most: ranges.reduce<number | null>((sum, { most }) => plus(sum, most), 0),
  }));
}

/** Exactly one of them. */
export function either(parts: readonly Amounts[]): Amounts {
  return combined(parts, (ranges) => ({
    least: Math.min(...ranges.map(({ least }) => least)),
    most: ranges.reduce<number | null>(
      (greatest, { most }) => (greatest === null || most === null ? null : Math.max(greatest, most)),
      0,
    ),
  }));
}

/** All of them are begun, and `count` are brought to an end. */
export function someOf(parts: readonly Amounts[], count: number): Amounts {
  return combined(parts, (ranges) => ({
    least: ranges
      .map(({ least }) => least)
      .sort((a, b) => a - b)
      .slice(0, count)
      .reduce((sum, least) => sum + least, 0),
    most: ranges.reduce<number | null>((sum, { most }) => plus(sum, most), 0),
  }));
}

/** So many times. */
export function times(part: Amounts, by: Range): Amounts {
  return combined([part], ([range = NONE]) => ({
    least: range.least * by.least,
    most:
      range.most === 0 || by.most === 0
        ? 0
        : safe(range.most === null || by.most === null ? null : range.most * by.most),
  }));
}

/** Perhaps not at all. */
export function perhaps(part: Amounts): Amounts {
  return combined([part], ([range = NONE]) => ({ least: 0, most: range.most }));
}

/** The one's least and the other's most. */
export function between(least: Amounts, most: Amounts): Amounts {
  return combined([least, most], ([low = NONE, high = NONE]) => ({ least: low.least, most: high.most }));
}

function combined(parts: readonly Amounts[], combine: (ranges: Range[]) => Range): Amounts {
  if (parts.length === 0) return NOTHING;
  const names = new Set(parts.flatMap((part) => [...part.keys()]));
  return new Map([...names].map((name) => [name, combine(parts.map((part) => part.get(name) ?? NONE))]));
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : safe(a + b);
}

/** Beyond what a number holds exactly there is no bound worth telling. */
function safe(value: number | null): number | null {
  return value !== null && value <= Number.MAX_SAFE_INTEGER ? value : null;
}
