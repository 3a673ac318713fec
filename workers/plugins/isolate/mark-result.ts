import type { ActionResult } from "../../../engine/run/types.ts";

let isolate: string | undefined;

/** The result with the id of the isolate that this runs in: random, made at its first call (module scope has no chance). */
export function markResult(result: ActionResult): ActionResult {
  isolate ??= crypto.randomUUID();
  // What is no step run is none of an isolated execution either.
  if (!result.ok && result.usage === undefined) return result;
  return { ...result, usage: { compute_ms: 0, egress_bytes: 0, ...result.usage, isolate } };
}
