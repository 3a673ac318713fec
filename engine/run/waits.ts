import { CONNECTION_EVENT, connectionIsThere } from "./connection-waits.ts";
import { durationMs } from "../definition/duration.ts";
import type { RunError } from "../errors.ts";
import { containsSecret } from "../expressions/index.ts";
import type { Json, JsonObject } from "../json.ts";
import { jsonEqual } from "../schema/equal.ts";
import { memberAt } from "../triggers/fits-filter.ts";
import { MAX_KEPT_SIGNALS } from "./limits.ts";
import type { Instance, KeptSignal } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { EventWait, RunCommand, Wait } from "./types.ts";

/** The step at `path` waits; an event that was kept for it ends the wait at once. */
export function openWait(
  turn: Turn,
  path: string,
  wait: Exclude<Wait, { kind: "approval" | "connection" }>,
  due?: number,
): void {
  turn.emit({ type: "step.waiting", path, wait, ...(due === undefined ? {} : { due }) });
  if (due !== undefined) turn.setTimer(`limit:${path}`, due);
  const instance = turn.state.open.get(path);
  if (!instance) return;
  if (wait.kind === "time" && wait.due <= turn.now) return endWait(turn, instance, null);
  if (wait.kind === "event") {
    const kept = turn.state.signals.find((signal) => suits(instance, signal));
    if (kept) return endWait(turn, instance, kept);
    if (wait.key !== undefined) turn.effects.push({ type: "awaitEvent", path, wait });
  }
  if (wait.due !== undefined) turn.setTimer(`wait:${path}`, wait.due);
}

/** The time is over, or the event is there. `signal` is null where it is time. */
function endWait(turn: Turn, instance: Instance, signal: KeptSignal | null): void {
  const { wait, startedAt } = instance;
  const waitType = wait?.kind === "time" ? wait.waitType : "event";
  const output: JsonObject = {
    waitType,
    waitedFor: (turn.now - startedAt) / 1_000,
    eventReceived: signal?.payload ?? null,
    timedOut: waitType === "event" && signal === null,
  };
  turn.settle(instance, output, signal ? { signal: signal.seq } : {});
}

export function waitIsOver(turn: Turn, instance: Instance): void {
  if (!turn.running || instance.wait === undefined || turn.notYet(`wait:${instance.path}`, instance.wait.due)) return;
  endWait(turn, instance, null);
  turn.readyParent(instance);
}

/** An event: for the oldest wait that it fits, else it is kept (section 20). */
export function receiveSignal(turn: Turn, command: Extract<RunCommand, { type: "signal" }>): void {
  if (command.name === CONNECTION_EVENT && command.path !== undefined) return connectionIsThere(turn, command);
  const { state } = turn;
  if (command.id !== undefined && state.signalIds.has(command.id)) {
    turn.refusal = takenElsewhere(turn, command);
    return;
  }
  turn.refusal = secretRefusal(command.payload) ?? misaddressed(turn, command);
  if (turn.refusal) return;
  if (state.signals.length >= MAX_KEPT_SIGNALS && !isAwaited(turn, command)) {
    const message = `${MAX_KEPT_SIGNALS} events are kept already, and nobody has waited for them`;
    turn.refusal = { code: "RATE_LIMITED", message, details: { limit: "mailbox", max: MAX_KEPT_SIGNALS } };
    return;
  }
  turn.emit({ ...command, type: "signal.received" });
  const received = state.signals.at(-1);
  if (turn.running && received) giveToOldestWait(turn, received);
}

/** What was kept before fits none of the waits, else it would not be kept: only the new one is looked at. */
function giveToOldestWait(turn: Turn, signal: KeptSignal): void {
  for (const instance of turn.state.open.values()) {
    if (!suits(instance, signal)) continue;
    endWait(turn, instance, signal);
    return turn.readyParent(instance);
  }
}

/** Gives what was kept during a pause to the steps that wait, the oldest first. */
export function matchKeptSignals(turn: Turn): void {
  const { state } = turn;
  if (state.signals.length === 0 || state.waiting === 0) return;
  for (const instance of [...state.open.values()]) {
    if (instance.status !== "waiting") continue;
    const signal = state.signals.find((kept) => suits(instance, kept));
    if (!signal) continue;
    endWait(turn, instance, signal);
    turn.readyParent(instance);
  }
}

/** True when the step waits for this event; one that was addressed by its key is for its own wait alone. */
function suits({ status, wait, path }: Instance, signal: KeptSignal): boolean {
  if (status !== "waiting" || wait?.kind !== "event") return false;
  return (signal.path === undefined || signal.path === path) && fits(wait, signal);
}

/** True when a wait takes it at once: what is kept for others does not stand in its way. */
function isAwaited(turn: Turn, command: Extract<RunCommand, { type: "signal" }>): boolean {
  if (!turn.running) return false;
  return [...turn.state.open.values()].some(
    ({ status, wait }) => status === "waiting" && wait?.kind === "event" && fits(wait, command),
  );
}

/** An execution gets an event once: another wait of it had this one, and the one at this path waits on (section 20). */
function takenElsewhere(turn: Turn, { path, key }: Extract<RunCommand, { type: "signal" }>): RunError | undefined {
  const instance = path === undefined ? undefined : turn.state.open.get(path);
  const waits = instance?.status === "waiting" && instance.wait?.kind === "event" && instance.wait.key === key;
  return waits ? { code: "VALIDATION", message: "Another step of the execution has had this event" } : undefined;
}

/** A keyed event is for one wait: it may be gone, or ask for another event of the key. */
function misaddressed(turn: Turn, command: Extract<RunCommand, { type: "signal" }>): RunError | undefined {
  if (command.path === undefined) return undefined;
  const instance = turn.state.open.get(command.path);
  const wait = instance?.status === "waiting" ? instance.wait : undefined;
  if (wait?.kind !== "event" || wait.key !== command.key) {
    return { code: "CONFLICT", message: `No step at ${command.path} waits for this event` };
  }
  if (fits(wait, command)) return undefined;
  return { code: "VALIDATION", message: `The step at ${command.path} waits for another event of this key` };
}

/** What comes from outside must not smuggle in a mark that a later call would reveal. */
export function secretRefusal(payload: Json): RunError | undefined {
  if (!containsSecret(payload)) return undefined;
  const message = 'The payload has a member named "$secret", which marks the platform\'s own secrets';
  return { code: "VALIDATION", message, details: { constraint: "$secret" } };
}

/** True when an event is the one that is waited for: by its name, channel and the members of the filter. */
export function fits(
  wait: Pick<EventWait, "event" | "channel" | "filter">,
  { name, channel, payload }: Pick<KeptSignal, "name" | "channel" | "payload">,
): boolean {
  if (wait.event !== name || (wait.channel !== undefined && wait.channel !== channel)) return false;
  return Object.entries(wait.filter ?? {}).every(([path, value]) => {
    const found = memberAt(payload, path);
    return found !== undefined && jsonEqual(found, value);
  });
}

/** A duration that an expression gave → milliseconds; undefined when it is none. */
export function evaluatedDuration(value: Json): number | undefined {
  return typeof value === "number" || typeof value === "string" ? durationMs(value) : undefined;
}
