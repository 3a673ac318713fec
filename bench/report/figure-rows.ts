const NONE = "–";

interface Compared<Name extends string> {
  name: string;
  title: string;
  floor: Partial<Record<Name, number>>;
  platform?: Partial<Record<Name, number>>;
  ratio?: Partial<Record<Name, number>>;
}

/** A case as rows of a table: its name, then the floor, the platform and their ratio. */
export function figureRows<Name extends string>(
  { name, title, floor, platform, ratio }: Compared<Name>,
  names: readonly Name[],
  columns: Readonly<Record<Name, { digits: number }>>,
): string[][] {
  const cells = (figures: Partial<Record<Name, number>>): string[] =>
    names.map((figure) => figures[figure]?.toFixed(columns[figure].digits) ?? NONE);
  const rows = [[`${name} ${title}`], ["  floor", ...cells(floor)]];
  if (platform) rows.push(["  platform", ...cells(platform)]);
  if (ratio) rows.push(["  ratio", ...names.map((figure) => ratio[figure]?.toFixed(2) ?? NONE)]);
  return rows;
}
