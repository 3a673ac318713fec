/** `above / below`, figure by figure; left out where one has none or the lower one is not worth dividing by. */
export function ratios<Name extends string>(
  above: Partial<Record<Name, number>>,
  below: Partial<Record<Name, number>>,
  names: readonly Name[],
): Partial<Record<Name, number>> {
  const ratio: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const over = above[name];
    const under = below[name];
    if (over !== undefined && under !== undefined && under > 0.001) ratio[name] = over / under;
  }
  return ratio;
}
