/** At least so many, and at most; `most` is null where nothing bounds it. */
export interface Range {
  least: number;
  most: number | null;
}

/** How much of each thing a part of a workflow takes. What is not named, none of. */
export type Amounts = ReadonlyMap<string, Range>;

export const NOTHING: Amounts = new Map();

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
  return combined(parts, (ranges, absent) => ({
    least: absent > 0 ? 0 : Math.min(...ranges.map(({ least }) => least)),
    most: ranges.reduce<number | null>(
      (greatest, { most }) => (greatest === null || most === null ? null : Math.max(greatest, most)),
      0,
    ),
  }));
}

/** All of them are begun, and `count` are brought to an end. */
export function someOf(parts: readonly Amounts[], count: number): Amounts {
  return combined(parts, (ranges, absent) => ({
    least: ranges
      .map(({ least }) => least)
      .sort((a, b) => a - b)
      .slice(0, Math.max(0, count - absent))
      .reduce((sum, least) => sum + least, 0),
    most: ranges.reduce<number | null>((sum, { most }) => plus(sum, most), 0),
  }));
}

/** So many times. */
export function times(part: Amounts, by: Range): Amounts {
  return each(part, ({ least, most }) => ({
    least: least * by.least,
    most: most === 0 || by.most === 0 ? 0 : safe(most === null || by.most === null ? null : most * by.most),
  }));
}

/** Perhaps not at all. */
export function perhaps(part: Amounts): Amounts {
  return each(part, ({ most }) => ({ least: 0, most }));
}

/** The one's least and the other's most. */
export function between(least: Amounts, most: Amounts): Amounts {
  const names = [...new Set([...least.keys(), ...most.keys()])];
  return new Map(
    names.map((name) => {
      const high = most.get(name);
      return [name, { least: least.get(name)?.least ?? 0, most: high === undefined ? 0 : high.most }];
    }),
  );
}

function each(part: Amounts, change: (range: Range) => Range): Amounts {
  return new Map([...part].map(([name, range]) => [name, change(range)]));
}

/** `absent`: how many of the parts do not name the thing. */
function combined(parts: readonly Amounts[], combine: (ranges: Range[], absent: number) => Range): Amounts {
  const found = new Map<string, Range[]>();
  for (const part of parts) {
    for (const [name, range] of part) {
      const ranges = found.get(name);
      if (ranges === undefined) found.set(name, [range]);
      else ranges.push(range);
    }
  }
  return new Map([...found].map(([name, ranges]) => [name, combine(ranges, parts.length - ranges.length)]));
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : safe(a + b);
}

/** Beyond what a number holds exactly there is no bound worth telling. */
function safe(value: number | null): number | null {
  return value !== null && value <= Number.MAX_SAFE_INTEGER ? value : null;
}
