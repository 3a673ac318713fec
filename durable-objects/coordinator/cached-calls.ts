import type { CallContext, TenantRpc } from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import { attemptName } from "../../engine/run/attempt-name.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { sha256Hex } from "../archive/sha256-hex.ts";

type Call = (call: ActionCall, context: CallContext) => Promise<ActionResult>;

/** Calls whose step has a `cache` ask the tenant object first. A cache that cannot be reached only costs the call. */
export function cachedCalls(
  call: Call,
  tenant: () => Pick<TenantRpc, "cached" | "putCached">,
  now: () => number,
): Call {
  return async (attempt, context) => {
    if (!attempt.cache) return call(attempt, context);
    const { ttlMs } = attempt.cache;
    const key = await sha256Hex(attempt.cache.key);
    const by = attemptName(attempt.idempotencyKey, attempt.attempt);
    const hit = await tenant()
      .cached(key, by)
      .catch(() => null);
    globalThis.faultPoint?.("cache.asked");
    // Its own output, that a kill kept from being recorded, is no hit: the call was made, and counts.
    if (hit?.own) return { ok: true, output: hit.output, ...hit.own };
    if (hit) return { ok: true, output: hit.output, cached: true };
    const result = await call(attempt, context);
    globalThis.faultPoint?.("cache.before");
    if (result.ok) {
      await tenant()
        .putCached(key, result.output, now() + ttlMs, { by, usage: result.usage })
        .catch(() => undefined);
      globalThis.faultPoint?.("cache.put");
    }
    return result;
  };
}

/** What a service finishes later goes into the cache as what it answers at once. */
export function cachedFinish(
  finish: (call: ActionCall, context: CallContext, envelope: Json, revealed?: string) => Promise<ActionResult>,
  tenant: () => Pick<TenantRpc, "putCached">,
  now: () => number,
): typeof finish {
  return async (call, context, envelope, revealed) => {
    const result = await finish(call, context, envelope, revealed);
    globalThis.faultPoint?.("finish.read");
    if (call.cache && result.ok) {
      const made = { by: attemptName(call.idempotencyKey, call.attempt), usage: result.usage };
      await tenant()
        .putCached(await sha256Hex(call.cache.key), result.output, now() + call.cache.ttlMs, made)
        .catch(() => undefined);
      globalThis.faultPoint?.("finish.put");
    }
    return result;
  };
}
