import { attemptName } from "../../engine/run/attempt-name.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { FixedPlace, Place, PlaceOutcome, ServiceCalls } from "./service-calls.ts";

/** How long a call waits for a place, where it has so long. */
const LONGEST_WAIT_MS = 10_000;
/** What is left of a call's time when it has waited longest. */
const LEFT_MS = 500;

/** A place that was found, or why there is none. `use` sends the call and gives the place back with what became of it. */
export interface HeldPlace {
  place: Place;
  use(send: () => Promise<ActionResult>): Promise<ActionResult>;
}

/** Looks for a place for a call: one of an instance, or the one where it goes anyway. */
export async function holdPlace(
  call: ActionCall,
  services: Pick<ServiceCalls, "takeInstance" | "giveBackInstance">,
  now: () => number,
  where: { not: string[] } | { fixed: FixedPlace },
): Promise<HeldPlace> {
  const { namespace, connector, version, action } = call.action;
  const lease = `${attemptName(call.idempotencyKey, call.attempt)}/${crypto.randomUUID()}`;
  const waitMs = Math.max(0, Math.min(LONGEST_WAIT_MS, call.deadline - now() - LEFT_MS));
  const wish = { connector: `${namespace}/${connector}`, version, action, lease, until: call.deadline, waitMs };
  const place = await services.takeInstance({ not: [], ...wish, ...where });
  return {
    place,
    async use(send) {
      let outcome: PlaceOutcome = "reached";
      try {
        const result = await send();
        outcome = outcomeOf(result, now() + call.timeoutMs);
        return result;
      } finally {
        services.giveBackInstance(lease, outcome);
      }
    },
  };
}

/**
 * What a result says of the place. Unreached: nobody answered as a service; there was no connection, or it broke. An answer of the
 * service itself, 503 or "later" too, is its answer.
 */
export function outcomeOf(result: ActionResult, pendingUntil: number): PlaceOutcome {
  if (result.ok) return "reached";
  if (result.pending) return { pendingUntil };
  return result.error.code === "UNAVAILABLE" && result.error.details?.status === undefined ? "unreached" : "reached";
}
