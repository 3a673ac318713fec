/** Where two values differ, as a path into them; undefined when they are the same. A member that is undefined is no member. */
export function difference(one: unknown, other: unknown, at = ""): string | undefined {
  if (one === other) return undefined;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return `${at}: ${show(one)} and ${show(other)}`;
  if (one instanceof Map && other instanceof Map) {
    if (one.size !== other.size) return `${at}: ${one.size} and ${other.size} entries`;
    const theirs = other.entries();
    for (const [key, value] of one) {
      const [otherKey, otherValue] = theirs.next().value ?? [];
      if (key !== otherKey) return `${at}: the order of ${String(key)}`;
      const found = difference(value, otherValue, `${at}/${String(key)}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (one instanceof Set && other instanceof Set) {
    return one.size === other.size && [...one].every((item) => other.has(item)) ? undefined : at;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return at;
  return membersDiffer(one as Members, other as Members, at);
}

type Members = Record<string, unknown>;

function membersDiffer(one: Members, other: Members, at: string): string | undefined {
  for (const key in one) {
    if (PLANNED.has(key)) {
      if (one[key] !== other[key]) return `${at}/${key}`;
      continue;
    }
    const found = difference(one[key], other[key], `${at}/${key}`);
    if (found !== undefined) return found;
  }
  for (const key in other) {
    if (other[key] !== undefined && one[key] === undefined && !isUntouched(key, other[key]))
      return `${at}/${key}: only in the second`;
  }
  return undefined;
}

/** A block that was only looked at has a count of nothing: as good as none. */
function isUntouched(key: string, value: unknown): boolean {
  const counts = key === "tallies" ? Object.values(value as Members) : [value];
  return counts.every((count) => {
    const { opened, settled } = (count ?? {}) as Members;
    return opened === 0 && settled === 0;
  });
}

/** A member that holds a part of the plan, which is the same object for both. */
const PLANNED: ReadonlySet<string> = new Set(["step"]);

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? "undefined";
}
