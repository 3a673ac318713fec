import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import { busy } from "./busy.ts";
import { CONCURRENT, concurrentLimit } from "./concurrent-limit.ts";
import { holdPlace } from "./hold-place.ts";
import type { ServiceCalls } from "./service-calls.ts";

interface Counted {
  services: Pick<ServiceCalls, "takeInstance" | "giveBackInstance">;
  now: () => number;
  concurrent: number;
}

interface Where {
  connection: OpenConnection | null;
  /** The address of a service; undefined for what is none. */
  service: string | undefined;
  /** What the connector says of itself. */
  concurrent: unknown;
}

/**
 * Sends a call whose address is fixed, as soon as fewer are in hand there than may be at once (section 15). That counts per
 * connection of a connector that the tenant supplies, and by the address of a service that has none. Calls of somebody else's API are
 * counted where the connector or the connection says how many: without a number the API says itself when it is too much, and asking
 * first would cost each call a way to the object that counts. What the platform supplies is bound by the execution alone.
 */
export function withinLimit(
  call: ActionCall,
  where: Where,
  services: Pick<ServiceCalls, "takeInstance" | "giveBackInstance">,
  now: () => number,
  send: () => Promise<ActionResult>,
): Promise<ActionResult> {
  if (!isCounted(call, where)) return send();
  return inPlace(call, where, { services, now, concurrent: saidLimit(where) ?? CONCURRENT.usual }, send);
}

/** Whether a call needs a place. */
export function isCounted({ action }: Pick<ActionCall, "action">, where: Where): boolean {
  const { connection, service } = where;
  return (
    action.digest !== undefined && (service !== undefined || (connection !== null && saidLimit(where) !== undefined))
  );
}

function saidLimit({ connection, concurrent }: Where): number | undefined {
  return concurrentLimit(connection?.config.concurrent) ?? concurrentLimit(concurrent);
}

async function inPlace(
  call: ActionCall,
  { connection, service }: Where,
  { services, now, concurrent }: Counted,
  send: () => Promise<ActionResult>,
): Promise<ActionResult> {
  const id = connection ? `connection/${connection.id}` : `address/${originOf(service ?? "")}`;
  const held = await holdPlace(call, services, now, { fixed: { id, concurrent } });
  if (held.place.kind === "fixed") return held.use(send);
  const name = `${call.action.namespace}/${call.action.connector}`;
  const by = connection ? "connection" : "address";
  return busy(`${name} has as many calls in hand by this ${by} as it takes at once: ${concurrent}`, concurrent);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
