import type { StepDefinition } from "../definition/types.ts";
import type { RunError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Instance } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { ActionResult, EventWait, Wait } from "./types.ts";

type ConnectionWait = Extract<Wait, { kind: "connection" }>;

/** The event that a step waits for when its connection is missing. Nobody publishes it but the tenant object. */
export const CONNECTION_EVENT = "smartify:connection";

/** What a wait for a connection is keyed by: the connector, and the name that the call asked for (none: its default). */
export function connectionKey(connector: string, wanted: string | undefined): string {
  return JSON.stringify([connector, wanted ?? ""]);
}

/** Every key by which calls may have missed a connection. */
export function connectionKeys(connection: {
  connector: string;
  id: string;
  name: string;
  endUser?: string | undefined;
}): string[] {
  const { connector, id, name, endUser } = connection;
  const wanted = endUser === undefined ? ["", id, name] : [id, endUser];
  return [...new Set(wanted)].map((it) => connectionKey(connector, it));
}

const LONGEST_WAIT_MS = 30 * 86_400_000;

/** How long a step waits for a connection, where it says that it does. */
export function connectionWaitMs(definition: StepDefinition): number | undefined {
  if (definition.kind !== "action" || definition.connectionWaitMs === undefined) return undefined;
  return Math.min(definition.connectionWaitMs, LONGEST_WAIT_MS);
}

/** The keyed event by which a waiting step hears that its connection is there. */
export function eventOf({ connector, wanted, due }: ConnectionWait): EventWait {
  return { kind: "event", event: CONNECTION_EVENT, key: connectionKey(connector, wanted), due };
}

/** True where a call failed for want of its connection, and the step waits for that. */
export function waitForConnection(
  turn: Turn,
  instance: Instance,
  result: Extract<ActionResult, { ok: false }>,
): boolean {
  const { path, step } = instance;
  const waitMs = step ? connectionWaitMs(step.definition) : undefined;
  const { reason, connector, wanted, end_user, connect_url } = result.error.details ?? {};
  if (waitMs === undefined || reason !== "connection") return false;
  if (typeof connector !== "string" || typeof connect_url !== "string") return false;
  const wait: ConnectionWait = {
    kind: "connection",
    connector,
    ...(typeof wanted === "string" ? { wanted } : {}),
    ...(typeof end_user === "string" ? { endUser: end_user } : {}),
    connectUrl: connect_url,
    due: turn.now + waitMs,
  };
  turn.emit({ type: "step.waiting", path, wait, ...(result.usage === undefined ? {} : { usage: result.usage }) });
  turn.setTimer(`wait:${path}`, wait.due);
  turn.effects.push({ type: "awaitEvent", path, wait: eventOf(wait) });
  return true;
}

/** The connection was made: the step tries again, as after any failure. Nothing to do where it does not wait any more. */
export function connectionIsThere(turn: Turn, { path = "", key }: { path?: string; key?: string }): void {
  const instance = turn.state.open.get(path);
  const wait = instance?.status === "waiting" && instance.wait?.kind === "connection" ? instance.wait : undefined;
  if (!instance || !wait || (key !== undefined && key !== eventOf(wait).key)) {
    turn.refusal = { code: "CONFLICT", message: `No step at ${path} waits for this connection` };
    return;
  }
  turn.clearTimer(`wait:${path}`);
  turn.effects.push({ type: "forgetEvent", path });
  const { attempt } = instance;
  turn.emit({
    type: "step.retrying",
    path,
    attempt,
    error: missing(wait, "The connection was missing"),
    due: turn.now,
  });
  turn.setTimer(`retry:${path}`, turn.now);
}

/** Nobody has made it in time. */
export function connectionIsLate(turn: Turn, instance: Instance): void {
  const { path, wait } = instance;
  if (wait?.kind !== "connection" || !turn.running || turn.notYet(`wait:${path}`, wait.due)) return;
  const whose = wait.endUser === undefined ? wait.connector : `${wait.connector} for ${wait.endUser}`;
  turn.emit({ type: "step.failed", path, error: missing(wait, `Nobody has connected ${whose} in time`) });
  turn.readyParent(instance);
}

function missing({ connector, endUser }: ConnectionWait, message: string): RunError {
  const whose: JsonObject = endUser === undefined ? {} : { end_user: endUser };
  return { code: "UNAVAILABLE", message, details: { reason: "connection", connector, ...whose } };
}
