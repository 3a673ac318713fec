import type { PinnedAction } from "../connector.ts";
import type { StepDefinition } from "../definition/types.ts";
import type { Json } from "../json.ts";
import { isToldOfRun } from "./is-told-of-run.ts";

/** How long a cached output is good for when nobody says. */
const DEFAULT_CACHE_MS = 300_000;

/** A step's `cache`, or that of the action it calls, which is then named: other actions at that place have other outputs. */
export interface EffectiveCache {
  ttlMs: number;
  key?: Json;
  action?: string;
}

/**
 * Undefined: nothing is kept, because nobody asks for it, or the step says `ttl: 0`, or the action alone asks for it and answers by more of the
 * run than its input.
 */
export function effectiveCache(
  { cache: own }: Pick<StepDefinition, "cache">,
  action: PinnedAction | undefined,
): EffectiveCache | undefined {
  const ttlMs = own?.ttlMs ?? action?.cache?.ttlMs ?? DEFAULT_CACHE_MS;
  if (ttlMs === 0 || (own ?? action?.cache) === undefined) return undefined;
  if (own === undefined && isToldOfRun(action?.context)) return undefined;
  if (own !== undefined) return own.key === undefined ? { ttlMs } : { ttlMs, key: own.key };
  const { namespace, connector, version, action: name } = action ?? {};
  return { ttlMs, action: `${namespace}/${connector}@${version}#${name}` };
}
