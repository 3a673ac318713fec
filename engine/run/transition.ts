import type { RunError } from "../errors.ts";
import type { Plan } from "../plan/types.ts";
import { decide } from "./approvals.ts";
import { abandon, cancelRun } from "./ending.ts";
import { receiveMessage, shutDown } from "./graph.ts";
import { receiveLog, receiveProgress } from "./logging.ts";
import { noteAct } from "./note-act.ts";
import { migrateRun } from "./migrate-run.ts";
import { notNow, pauseRun, resumeRun } from "./pausing.ts";
import { retryRun } from "./retry-run.ts";
import { release, startRun } from "./starting.ts";
import type { RunState } from "./state.ts";
import { receiveHeartbeat } from "./tasks.ts";
import { receiveTimer } from "./timers.ts";
import { Turn } from "./turn.ts";
import type { Effect, EngineInput, RunCommand, StampedEvent, TurnHost } from "./types.ts";
import { receiveSignal } from "./waits.ts";

/** What one input did to a run: the facts to store, and what to do once they are stored. */
export interface Transition {
  events: StampedEvent[];
  effects: Effect[];
  /** Why a command was refused: then nothing happened. */
  refusal?: RunError;
  /** The run goes on with this plan from now on. */
  plan?: Plan;
}

const TERMINAL: ReadonlySet<RunState["status"]> = new Set(["completed", "failed", "canceled", "timed_out"]);
const COMMANDS: ReadonlySet<string> = new Set<RunCommand["type"]>([
  "pause",
  "resume",
  "shutdown",
  "signal",
  "message",
  "decide",
]);

const KEY_IS_TAKEN: RunError = {
  code: "CONFLICT",
  message: "This Idempotency-Key was used with another request body",
};

/** True when nothing will happen to this run any more. */
export function isTerminal(status: RunState["status"]): boolean {
  return TERMINAL.has(status);
}

/**
 * Advances a run by one input. A function of its arguments alone: no I/O, no clock, no randomness. `state` is advanced in
 * place by exactly the events in the answer, so a host that stores the events can always rebuild it with `fold`; should
 * this throw (a bug), the state must be folded again. An input that is late, repeated or unknown changes nothing.
 * What `host` said stands in the events.
 */
export function transition(plan: Plan, state: RunState, input: EngineInput, now: number, host?: TurnHost): Transition {
  const act = "act" in input ? input.act : undefined;
  const done = act && state.acts.get(act.key);
  if (done !== undefined) return { events: [], effects: [], ...(done === act?.body ? {} : { refusal: KEY_IS_TAKEN }) };
  const turn = new Turn(plan, state, Math.max(now, state.at), host);
  if (isTerminal(state.status)) {
    if (input.type === "retry") {
      retryRun(turn, input);
      turn.finish();
    } else if (input.type === "migrate") {
      migrateRun(turn, input);
    } else if (COMMANDS.has(input.type)) turn.refusal = notNow(input.type, state);
  } else {
    receive(turn, input);
    noteAct(turn, input);
    turn.finish();
  }
  return {
    events: turn.events,
    effects: turn.effects,
    ...(turn.refusal ? { refusal: turn.refusal } : {}),
    ...(turn.plan === plan ? {} : { plan: turn.plan }),
  };
}

function receive(turn: Turn, input: EngineInput): void {
  switch (input.type) {
    case "start":
      return startRun(turn, input);
    case "release":
      return release(turn, input.then);
    case "result":
      return turn.settleAttempt(input.path, input.attempt, input.result);
    case "timer":
      return receiveTimer(turn, input.name);
    case "continue":
      if (turn.running) turn.resumeContainers();
      return;
    case "cancel":
      return cancelRun(turn, input);
    case "pause":
      return pauseRun(turn, input);
    case "resume":
      return resumeRun(turn, input);
    case "migrate":
      return migrateRun(turn, input);
    case "retry":
      return retryRun(turn, input);
    case "shutdown":
      return shutDown(turn, input);
    case "signal":
      return receiveSignal(turn, input);
    case "message":
      return receiveMessage(turn, input);
    case "decide":
      return decide(turn, input);
    case "fail":
      return abandon(turn, input.error);
    case "progress":
      return receiveProgress(turn, input);
    case "heartbeat":
      return receiveHeartbeat(turn, input);
    case "linked":
      return turn.link(input);
    case "log":
      return receiveLog(turn, input);
    default:
      input satisfies never;
  }
}
