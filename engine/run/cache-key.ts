import type { Json } from "../json.ts";
import type { PlanStep } from "../plan/types.ts";

/** What a step was started with, as far as its answer depends on it. */
interface Started {
  cacheKey?: Json;
  input?: Json;
  connection?: Json;
}

type CachingStep = Pick<PlanStep, "address" | "cache">;

/**
 * Under what the output of a step with a `cache` is kept: by its key, or else by its input, and always by the connection that
 * it names: what one end user's account answers is nobody else's. By the action, too, where it is the action that asks for it.
 */
export function cacheKeyOf(slug: string, step: CachingStep, { connection, ...started }: Started): string {
  const own = ownKey(slug, step, started);
  const action = step.cache?.action;
  if (action !== undefined) return JSON.stringify([...own, connection ?? null, action]);
  return JSON.stringify(connection === undefined ? own : [...own, connection]);
}

/** Under what releases kept it that did not look at the connection: nothing is answered from there, a purge forgets it. */
export function formerCacheKeyOf(slug: string, step: CachingStep, started: Started): string {
  return JSON.stringify(ownKey(slug, step, started));
}

function ownKey(slug: string, { address }: CachingStep, { cacheKey, input }: Started): Json[] {
  return [slug, address, cacheKey ?? input ?? {}];
}
