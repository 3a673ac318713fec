import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import { PlaceBook, type PlaceWanted } from "../../../contracts/place-book.ts";
import type { PlacesRpc } from "../../../contracts/services-rpc.ts";
import type { ActionResult } from "../../../engine/run/types.ts";

/** Left of a call's time when its waiting for a place ends. */
const SPARE_MS = 500;

/** Places of this isolate of the plugin, for connectors that say nothing. */
const own = new PlaceBook({
  now: Date.now,
  later(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
});

export interface PlaceAsked {
  /** Whose: tenant and environment. */
  owner: string;
  /** `namespace/name`, and the connection that the call uses. */
  connector: string;
  connectionId: string | null;
  lease: string;
  /** Epoch ms. */
  deadline: number;
  now: number;
}

export type Place = { ok: true; giveBack(): void } | Extract<ActionResult, { ok: false }>;

/**
 * A place among the calls of one connection that run at once (section 15), waited for as long as the call has time. How many there
 * are, the connection or its connector says, and then the tenant's services object counts; else each isolate of the plugin counts the
 * usual number.
 */
export async function takePlace(
  said: number | undefined,
  asked: PlaceAsked,
  shared: () => PlacesRpc,
  background: (task: Promise<unknown>) => void,
): Promise<Place> {
  const limit = said ?? CODE_LIMITS.concurrent.usual;
  const key = `code/${asked.connector}/${asked.connectionId ?? ""}`;
  const waitMs = Math.max(0, asked.deadline - asked.now - SPARE_MS);
  const wanted: PlaceWanted = { key, limit, lease: asked.lease, until: asked.deadline, waitMs };
  if (said === undefined) {
    const ownKey = `${asked.owner} ${key}`;
    if (!(await own.take({ ...wanted, key: ownKey }))) return busy(asked.connector, limit);
    return { ok: true, giveBack: () => own.giveBack(ownKey, asked.lease) };
  }
  const places = shared();
  if (!(await places.takePlace(wanted))) return busy(asked.connector, limit);
  return { ok: true, giveBack: () => background(places.giveBackPlace(key, asked.lease).catch(() => undefined)) };
}

function busy(connector: string, limit: number): Place {
  const message = `${connector} has as many calls of this connection as it takes: ${limit}`;
  const details = { reason: "concurrent", concurrent: limit };
  return { ok: false, error: { code: "RATE_LIMITED", message, details }, retryAfterMs: 1_000 };
}
