import type { JsonObject } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { failed } from "../failed.ts";
import { busy } from "./busy.ts";
import { holdPlace, outcomeOf } from "./hold-place.ts";
import type { Place, ServiceCalls } from "./service-calls.ts";

/** Instances that one attempt tries, at most. */
const MOST_TRIES = 3;

/**
 * Sends a call to the least loaded of its service's instances. Another one is tried only where the first was not reached for
 * sure, or where the action may run twice, while there is time; each try is one attempt's.
 */
export async function throughInstances(
  call: ActionCall,
  services: ServiceCalls,
  { now, isOver }: { now: () => number; isOver: () => boolean },
  send: (base: string) => Promise<ActionResult>,
): Promise<ActionResult> {
  const { namespace, connector } = call.action;
  const name = `${namespace}/${connector}`;
  const tried: string[] = [];
  let last: ActionResult | undefined;
  while (tried.length < MOST_TRIES) {
    const held = await holdPlace(call, services, now, { not: tried });
    if (held.place.kind === "fixed") throw new Error("an instance was asked for, and a fixed place was given");
    if (held.place.kind !== "instance") return last ?? nowhere(name, call, held.place);
    const { instanceId, url } = held.place;
    const result = await held.use(() => send(url));
    last = result;
    if (
      isOver() ||
      outcomeOf(result, 0) !== "unreached" ||
      (!call.action.idempotent && !result.ok && result.outcomeUnknown === true)
    )
      return result;
    tried.push(instanceId);
  }
  return last ?? nowhere(name, call, { kind: "none", registered: 0, fitting: 0 });
}

function nowhere(name: string, call: ActionCall, place: Extract<Place, { kind: "busy" | "none" }>): ActionResult {
  if (place.kind === "busy") {
    const { concurrent } = place;
    return busy(`All instances of ${name} have as many calls in hand as they take: ${concurrent} each`, concurrent);
  }
  const { registered, fitting } = place;
  const details: JsonObject = { reason: "instances", registered, fitting };
  if (registered === 0) {
    const message = `${name} has no address: its handler names no absolute url, no connection gives a base_url, and no instance is registered`;
    const suggestion = "Start the service and let it POST /register, or write the url into the handler";
    return failed("UNAVAILABLE", message, { ...details, suggestion });
  }
  const version = `${call.action.version}, action ${call.action.action}`;
  if (fitting === 0)
    return failed("UNAVAILABLE", `None of the ${registered} instances of ${name} serves ${version}`, details);
  return failed(
    "UNAVAILABLE",
    `None of the ${fitting} instances of ${name} can be reached: all are taken out until they are well`,
    details,
  );
}
