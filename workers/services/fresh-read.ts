import { isDatabaseUnavailable } from "../database/query-errors.ts";
import type { Context } from "./context.ts";
import type { IsolateCache } from "./isolate-cache.ts";

/** Under load a value is renewed behind the answer, so that nobody waits; nobody is answered with anything older than this. */
const RENEW_MS = 1_000;
const STALE_MS = 2_000;

/**
 * A value of Postgres by way of the isolate's cache: at most two seconds old, and as old as it must be while Postgres is
 * down. Undefined (not found) is never kept.
 */
export async function freshRead<Value>(
  { ports, background }: Pick<Context, "ports" | "background">,
  cache: IsolateCache<Value>,
  key: string,
  load: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  const now = ports.now();
  const known = cache.get(key);
  const age = known === undefined ? Number.POSITIVE_INFINITY : now - known.storedAt;
  const renew = async () => {
    const value = await load();
    if (value === undefined) cache.delete(key);
    else cache.set(key, value, ports.now());
    return value;
  };
  if (known !== undefined && age < STALE_MS) {
    if (age >= RENEW_MS && cache.claimRenewal(key)) background(renew().catch(() => undefined));
    return known.value;
  }
  try {
    return await renew();
  } catch (error) {
    if (known === undefined || !isDatabaseUnavailable(error)) throw error;
    // Not everyone should wait for a Postgres that hangs: the next to ask it comes in two seconds.
    cache.set(key, known.value, ports.now());
    return known.value;
  }
}
