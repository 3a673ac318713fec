import type { PinnedAction } from "../engine/connector.ts";

const MOST_KEPT = 500;
const kept = new Map<string, PinnedAction>();
const own = new WeakSet<PinnedAction>();

/**
 * One object for equal pinned actions, for as long as it is kept. Every call brings its own copy over RPC; what follows from an
 * action alone (compiled schemas, what its templates refer to) is remembered by the identity of its parts. Nobody may change it.
 * `ref`: the caller's digest of it, by which `knownAction` finds it from then on.
 */
export function internedAction(action: PinnedAction, ref?: string): PinnedAction {
  if (own.has(action)) return action;
  const key = ref ?? JSON.stringify(action);
  const first = kept.get(key);
  if (first !== undefined) return first;
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, action);
  own.add(action);
  return action;
}

/** The action that came with this `ref`, where it is still kept. */
export function knownAction(ref: string): PinnedAction | undefined {
  return kept.get(ref);
}
