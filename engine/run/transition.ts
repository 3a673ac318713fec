import type { RunError } from "../errors.ts";
import type { Plan } from "../plan/types.ts";
import type { RunState } from "./state.ts";
import { Turn } from "./turn.ts";
import type { Effect, EngineInput, StampedEvent } from "./types.ts";

/** What one input did to a run: the facts to store, and what to do once they are stored. */
export interface Transition {
  events: StampedEvent[];
  effects: Effect[];
}

const TERMINAL: ReadonlySet<RunState["status"]> = new Set(["completed", "failed", "canceled", "timed_out"]);

/** True when nothing will happen to this run any more. */
export function isTerminal(status: RunState["status"]): boolean {
  return TERMINAL.has(status);
}

/**
 * Advances a run by one input. A function of its arguments alone: no I/O, no clock, no randomness. `state` is advanced in
 * place by exactly the events in the answer, so a host that stores the events can always rebuild it with `fold`; should
 * this throw (a bug), the state must be folded again. An input that is late, repeated or unknown changes nothing.
 */
export function transition(plan: Plan, state: RunState, input: EngineInput, now: number): Transition {
  const turn = new Turn(plan, state, Math.max(now, state.at));
  if (!isTerminal(state.status)) receive(turn, input);
  return { events: turn.events, effects: turn.effects };
}

function receive(turn: Turn, input: EngineInput): void {
  switch (input.type) {
    case "start":
      if (turn.state.status === "pending") turn.start(input);
      return;
    case "result":
      turn.settleAttempt(input.path, input.attempt, input.result);
      return;
    case "timer":
      if (input.name === "workflow") turn.timeOut();
      else if (input.name.startsWith("retry:")) turn.retry(input.name.slice("retry:".length));
      return;
    case "continue":
      turn.resumeContainers();
      return;
    case "cancel":
      turn.cancel(canceled(input.reason, turn.now), input.actor);
      return;
    case "fail":
      turn.fail(input.error);
      return;
    case "progress":
      turn.progress(input);
      return;
    case "log":
      turn.emit(input);
      return;
    default:
      input satisfies never;
  }
}

function canceled(reason: string | undefined, now: number): RunError {
  return {
    code: "CANCELED",
    message: reason ? `Execution canceled: ${reason}` : "Execution canceled by user",
    details: { canceled_at: new Date(now).toISOString() },
  };
}
