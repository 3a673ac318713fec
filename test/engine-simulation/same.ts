type Members = Record<string, unknown>;

/** Where two values differ, as a path into them; undefined when they are the same. A member that is undefined is no member. */
export function difference(one: unknown, other: unknown): string | undefined {
  if (one === other) return undefined;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return `: ${show(one)} and ${show(other)}`;
  if (one instanceof Map && other instanceof Map) return entriesDiffer(one, other);
  if (one instanceof Set && other instanceof Set)
    return one.size === other.size && [...one].every((item) => other.has(item)) ? undefined : ": other members";
  if (Array.isArray(one) !== Array.isArray(other)) return ": a list and a map";
  return membersDiffer(one as Members, other as Members);
}

/** The order counts: it decides what goes first. */
function entriesDiffer(one: Map<unknown, unknown>, other: Map<unknown, unknown>): string | undefined {
  if (one.size !== other.size) return `: ${one.size} and ${other.size} entries`;
  const theirs = other.keys();
  for (const [key, value] of one) {
    const { value: otherKey } = theirs.next();
    if (key !== otherKey) return `: the order of ${String(key)}`;
    const found = difference(value, other.get(key));
    if (found !== undefined) return `/${String(key)}${found}`;
  }
  return undefined;
}

function membersDiffer(one: Members, other: Members): string | undefined {
  for (const key in one) {
    const mine = one[key];
    const theirs = other[key];
    if (mine === theirs) continue;
    // A part of the plan is the same object for both.
    if (key === "step") return "/step";
    const found = difference(mine, theirs);
    if (found !== undefined && !isUntouched(key, mine, theirs)) return `/${key}${found}`;
  }
  for (const key in other) {
    const theirs = other[key];
    if (theirs !== undefined && one[key] === undefined && !isUntouched(key, undefined, theirs))
      return `/${key}: only in the second`;
  }
  return undefined;
}

/** A block that was only looked at has a count of nothing: as good as none. */
function isUntouched(key: string, one: unknown, other: unknown): boolean {
  if (one !== undefined && other !== undefined) return false;
  const value = one ?? other;
  const counts = key === "tallies" ? Object.values(value as Members) : [value];
  return counts.every((count) => {
    const { opened, settled } = (count ?? {}) as Members;
    return opened === 0 && settled === 0;
  });
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? "undefined";
}
