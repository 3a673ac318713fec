import type { CallContext, TenantRpc } from "../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";

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
    const key = await sha256(attempt.cache.key);
    const hit = await tenant()
      .cached(key)
      .catch(() => null);
    if (hit) return { ok: true, output: hit.output, cached: true };
    const result = await call(attempt, context);
    if (result.ok) {
      await tenant()
        .putCached(key, result.output, now() + ttlMs)
        .catch(() => undefined);
    }
    return result;
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
